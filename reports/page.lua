-- For both renderers, Quarto and plain Pandoc.
-- ::: {.fold summary="Words"} becomes <details>, so that detail folds away without a script.

local function escape(text)
  return (text:gsub("&", "&amp;"):gsub("<", "&lt;"):gsub(">", "&gt;"))
end

function Div(div)
  if not div.classes:includes("fold") then
    return nil
  end
  local summary = escape(div.attributes.summary or "Details")
  local blocks = pandoc.List({
    pandoc.RawBlock("html", '<details class="fold"><summary>' .. summary .. '</summary><div class="folded">'),
  })
  blocks:extend(div.content)
  blocks:insert(pandoc.RawBlock("html", "</div></details>"))
  return blocks
end

-- Quarto's constructs as HTML, the same for both renderers.
--
-- Plain Pandoc knows callouts, tabsets and folded code as divs and attributes only; Quarto hands
-- callouts and tabsets over as nodes of its own and folds code itself. Its own HTML for them needs
-- Bootstrap, whose folded callouts the keyboard does not open. So both become this page's:
--
--   ::: {.callout-tip title="Words"}                      a box
--   ::: {.callout-note collapse="true" title="Words"}     <details>, open if collapse is "false"
--   ::: {.panel-tabset}, a heading a tab                  panels, which tabs.js makes tabs
--
-- Figures are HTML, so that their text is text, and numbered here: Quarto's @fig- references would
-- number them in one renderer only.
--
--   [Figure](#fig-name)                                   a link: Figure 3

local KINDS = { note = "Note", tip = "Tip", important = "Important", caution = "Caution", warning = "Warning" }

local function box(class, content, attributes, identifier)
  return pandoc.Div(content, pandoc.Attr(identifier or "", class, attributes or {}))
end

local function details(class, open, title, content)
  local head = pandoc.Inlines({
    pandoc.RawInline("html", '<details class="' .. class .. '"' .. (open and " open" or "") .. "><summary>"),
  })
  head:extend(title)
  head:insert(pandoc.RawInline("html", "</summary>"))
  return { pandoc.Plain(head), content, pandoc.RawBlock("html", "</details>") }
end

-- kind : of KINDS. collapse : "true", "false", or nil for a callout that does not fold.
local function callout(kind, title, content, collapse)
  title = (title and #title > 0) and title or pandoc.Inlines(KINDS[kind])
  if collapse ~= nil then
    return details("fold", tostring(collapse) == "false", title, box({ "folded" }, content))
  end
  return box({ "remark", kind }, {
    box({ "remark-title" }, { pandoc.Plain(title) }),
    box({ "remark-body" }, content),
  }, { role = "note" })
end

-- tabs : of { title : Inlines, content : Blocks }.
local tabsets = 0
local function tabset(tabs)
  tabsets = tabsets + 1
  local panels = pandoc.List()
  for place, tab in ipairs(tabs) do
    local content = pandoc.Blocks({ box({ "tab-title" }, { pandoc.Plain(tab.title) }) })
    content:extend(tab.content)
    panels:insert(box({ "tab" }, content, {}, "tabs-" .. tabsets .. "-" .. place))
  end
  return box({ "tabs" }, panels)
end

-- Quarto's nodes.

local function Callout(node)
  local blocks, inlines = quarto.utils.as_blocks, quarto.utils.as_inlines
  return callout(node.type, node.title and inlines(node.title), blocks(node.content), node.collapse)
end

local function Tabset(node)
  local tabs = pandoc.List()
  for place = 1, #node.tabs do
    local tab = node.tabs[place]
    tabs:insert({ title = quarto.utils.as_inlines(tab.title), content = quarto.utils.as_blocks(tab.content) })
  end
  return tabset(tabs)
end

-- Plain Pandoc's.

local function kind_of(div)
  for _, class in ipairs(div.classes) do
    local kind = class:match("^callout%-(%a+)$")
    if KINDS[kind] then
      return kind
    end
  end
end

local function inlines_of(words)
  return pandoc.utils.blocks_to_inlines(pandoc.read(words, "markdown").blocks)
end

local function title_of(div)
  if div.attributes.title then
    return inlines_of(div.attributes.title)
  end
  local first = div.content[1]
  if first and first.t == "Header" then
    div.content:remove(1)
    return first.content
  end
end

local function tabs_of(div)
  local tabs, level = pandoc.List(), nil
  for _, block in ipairs(div.content) do
    if block.t == "Header" and (level == nil or block.level == level) then
      level = block.level
      tabs:insert({ title = block.content, content = pandoc.Blocks({}) })
    elseif #tabs > 0 then
      tabs:at(-1).content:insert(block)
    end
  end
  return tabs
end

local function Div(div)
  local kind = kind_of(div)
  if kind then
    local title = title_of(div)
    return callout(kind, title, div.content, div.attributes.collapse)
  end
  if div.classes:includes("panel-tabset") then
    return tabset(tabs_of(div))
  end
end

local function CodeBlock(code)
  if quarto == nil and code.attributes["code-fold"] == "true" then
    local title = inlines_of(code.attributes["code-summary"])
    code.attributes["code-fold"], code.attributes["code-summary"] = nil, nil
    return details("code-fold", false, title, code)
  end
end

-- Numbers of figures, by id, in the order of the page.

local numbers, figures = {}, 0

local function RawBlock(raw)
  local id = raw.format == "html" and raw.text:match('^<figure.-<svg[^>]- id="(fig%-[^"]+)"')
  if id then
    figures = figures + 1
    numbers["#" .. id] = figures
    local number = '<figcaption><span class="number">Figure ' .. figures .. ".</span> "
    return pandoc.RawBlock("html", (raw.text:gsub("<figcaption>", number, 1)))
  end
end

local function Link(link)
  local number = numbers[link.target]
  if number and pandoc.utils.stringify(link.content) == "Figure" then
    link.content = pandoc.Inlines("Figure " .. number)
    return link
  end
end

return {
  { RawBlock = RawBlock },
  { Link = Link },
  { Div = Div, CodeBlock = CodeBlock, Callout = Callout, Tabset = Tabset },
}

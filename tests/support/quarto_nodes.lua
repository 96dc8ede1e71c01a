-- Hands callouts and tabsets to page.lua as Quarto does: as nodes, not as divs.
--
-- Their fields are those of Quarto's customnodes/callout.lua and customnodes/panel-tabset.lua; what
-- Quarto offers filters for reading them (quarto.utils) does here what its documentation says.

quarto = {
  utils = {
    as_blocks = function(content) return pandoc.Blocks(content) end,
    as_inlines = function(content) return pandoc.Inlines(content) end,
  },
}

local passes = dofile("page.lua")
local ours = passes[#passes]

local function callout(div)
  local title = div.attributes.title
  return ours.Callout({
    type = div.classes[1]:match("^callout%-(.*)"),
    title = title and pandoc.utils.blocks_to_inlines(pandoc.read(title, "markdown").blocks),
    collapse = div.attributes.collapse,
    content = div.content,
  })
end

local function tabs(div)
  local found = {}
  for _, block in ipairs(div.content) do
    if block.t == "Header" and block.level == div.content[1].level then
      table.insert(found, { title = block.content, content = pandoc.Blocks({}) })
    else
      found[#found].content:insert(block)
    end
  end
  return ours.Tabset({ tabs = found })
end

passes[#passes] = {
  Div = function(div)
    if div.classes[1] and div.classes[1]:match("^callout%-") then
      return callout(div)
    elseif div.classes:includes("panel-tabset") then
      return tabs(div)
    end
  end,
}
return passes

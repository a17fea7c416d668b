// What is under a click: every dataset, however many are on top of each other, and the features of tiles.
const MOST_FEATURES = 20;
const NUMBER = new Intl.NumberFormat("en-US");

function make(tag, text = "", more = {}) {
  return Object.assign(document.createElement(tag), { textContent: text, ...more });
}

const count = (number, noun) => `${NUMBER.format(number)} ${noun}${number === 1 ? "" : "s"}`;

// A dataset as a link to its page, with the number of its features.
function describeDataset({ id, properties }, page) {
  const item = make("li");
  const name = [properties.source_name, properties.layer, properties.name].filter(Boolean).join(" · ");
  item.append(make("a", name || String(id), { href: page + encodeURIComponent(id) }));
  if (typeof properties.count === "number") item.append(make("span", ` ${count(properties.count, "feature")}`, { className: "muted" }));
  if (properties.failing) item.append(make("span", " latest job failed", { className: "bad" }));
  return item;
}

// A square or a point of the fabric: the number of features, and the datasets that they are from.
function describeSquare({ properties }, layer) {
  const others = Number(properties.sources) - 1;
  const from = properties.source + (others > 0 ? ` and ${count(others, "other dataset")}` : "");
  return make("li", `${layer.layer}: ${count(Number(properties.count), "feature")} of ${from}`);
}

// One feature as text, never as HTML.
function describeFeature({ properties }) {
  const item = make("li"), list = make("dl", "", { className: "facts" });
  for (const [name, value] of Object.entries(properties)) list.append(make("dt", name), make("dd", String(value)));
  item.append(list.childElementCount ? list : "No attributes.");
  return item;
}

function listOf(title, items, most = Infinity) {
  const section = make("section"), list = make("ul", "", { className: "popup-layers" });
  if (title) section.append(make("h3", title));
  list.append(...items.slice(0, most).map((each) => each()));
  if (items.length > most) list.append(make("li", `${items.length - most} more: zoom in to see them.`));
  section.append(list);
  return section;
}

// Returns the content of a popup for features, topmost first; null if there are none. `layers` are those of the page. Tiles repeat a
// feature in each tile and style layer that it touches.
export function describe(features, layers) {
  const datasets = new Map(), squares = new Map(), others = new Map();
  for (const feature of features) {
    if (!feature.source.startsWith("layer-")) continue;
    const layer = layers[Number(feature.source.slice("layer-".length))];
    const key = `${feature.source} ${feature.id ?? ""} ${JSON.stringify(feature.properties)}`;
    if (layer.page) datasets.set(feature.id, () => describeDataset(feature, layer.page));
    else if (layer.is_fabric) squares.set(key, () => describeSquare(feature, layer));
    else others.set(key, () => describeFeature(feature));
  }
  const content = make("div", "", { className: "popup-list", tabIndex: 0 });
  if (datasets.size) content.append(listOf(`${count(datasets.size, "dataset")} here`, [...datasets.values()]));
  if (squares.size) content.append(listOf("", [...squares.values()], MOST_FEATURES));
  if (others.size) content.append(listOf(others.size > 1 ? count(others.size, "feature") : "", [...others.values()], MOST_FEATURES));
  return content.childElementCount ? content : null;
}

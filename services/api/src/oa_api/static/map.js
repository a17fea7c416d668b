// Draws the maps of a page when they come into view: PMTiles or GeoJSON on a plain grid of degrees, without other servers.
const COLORS = { added: "#2c9a4f", removed: "#d4373d", changed: "#d89614" };
const WORLD = [-170, -58, 178, 75];
const PADDING = 48; // pixels between the data and the edge
const MOST_IN_POPUP = 20;

function readColors() {
  const style = getComputedStyle(document.documentElement);
  const of = (name) => style.getPropertyValue(name).trim();
  return { ground: of("--raised"), grid: of("--line"), mark: of("--accent") };
}

// Lines of latitude and longitude, every `step` degrees.
function grid(step) {
  const lines = [];
  for (let x = -180; x <= 180; x += step) lines.push([[x, -85], [x, 85]]);
  for (let y = -80; y <= 80; y += step) lines.push([[-180, y], [180, y]]);
  const data = { type: "Feature", properties: {}, geometry: { type: "MultiLineString", coordinates: lines } };
  return { type: "geojson", data };
}

// The layers of a source: areas, lines and points.
function layersOf(id, color, more = {}, radius = ["interpolate", ["linear"], ["zoom"], 0, 1.6, 10, 2.2, 16, 5]) {
  const is = (kind) => ["==", ["geometry-type"], kind];
  const of = (type, kind, look) => ({ id: `${id}-${type}`, source: id, type, filter: is(kind), paint: look, ...more });
  return [
    of("fill", "Polygon", { "fill-color": color, "fill-opacity": 0.3, "fill-outline-color": color }),
    of("line", "LineString", { "line-color": color, "line-width": 1.5 }),
    of("circle", "Point", {
      "circle-color": color,
      "circle-radius": radius,
      "circle-stroke-width": 0.5,
      "circle-stroke-color": "#fff",
    }),
  ];
}

function load(url) {
  return new Promise((resolve, reject) => {
    const script = Object.assign(document.createElement("script"), { src: url, onload: resolve, onerror: reject });
    document.head.append(script);
  });
}

function style(url) {
  document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href: url }));
}

let archives; // the PMTiles protocol, shared by the maps of a page

async function openTiles(maplibre, element, url) {
  if (!archives) {
    await load(element.dataset.pmtiles);
    archives = new pmtiles.Protocol();
    maplibre.addProtocol("pmtiles", archives.tile);
  }
  const archive = new pmtiles.PMTiles(new URL(url, location).href);
  archives.add(archive);
  const [header, metadata] = await Promise.all([archive.getHeader(), archive.getMetadata()]);
  return { archive, header, names: (metadata.vector_layers ?? []).map((layer) => layer.id) };
}

async function addTiles(maplibre, map, element, { id, url, color }) {
  const { archive, header, names } = await openTiles(maplibre, element, url);
  map.addSource(id, { type: "vector", url: `pmtiles://${archive.source.getKey()}` });
  for (const name of names) {
    for (const layer of layersOf(id, color, { "source-layer": name })) map.addLayer({ ...layer, id: `${layer.id}-${name}` });
  }
  return [header.minLon, header.minLat, header.maxLon, header.maxLat];
}

async function addFeatures(map, { id, url, color, radius }) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} returned ${response.status}`);
  const data = await response.json();
  map.addSource(id, { type: "geojson", data });
  for (const layer of layersOf(id, color, {}, radius)) map.addLayer(layer);
  return data.bbox;
}

// The map changes colors when the theme changes.
function followTheme(map) {
  const repaint = () => {
    const { ground, grid: lines } = readColors();
    map.setPaintProperty("ground", "background-color", ground);
    for (const layer of ["grid", "fine-grid"]) map.setPaintProperty(layer, "line-color", lines);
  };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
  new MutationObserver(repaint).observe(document.documentElement, { attributeFilter: ["data-theme"] });
}

// One feature as text, never as HTML.
function describe(feature, options) {
  const list = document.createElement("dl");
  list.className = "facts";
  for (const [name, value] of Object.entries(feature.properties)) {
    list.append(Object.assign(document.createElement("dt"), { textContent: name }));
    list.append(Object.assign(document.createElement("dd"), { textContent: String(value) }));
  }
  const { page } = options.layers[Number(feature.source.slice("layer-".length))];
  if (page) {
    const link = Object.assign(document.createElement("a"), { textContent: "Open dataset", href: page + encodeURIComponent(feature.id) });
    list.append(document.createElement("dt"), document.createElement("dd"));
    list.lastElementChild.append(link);
  }
  return list;
}

// Shows all features at a click; tiles repeat a feature in each tile and style layer that it touches.
function showFeatures(maplibre, map, options, event) {
  const found = new Map();
  for (const feature of map.queryRenderedFeatures(event.point)) {
    if (!feature.source.startsWith("layer-")) continue;
    found.set(`${feature.source} ${feature.id ?? ""} ${JSON.stringify(feature.properties)}`, feature);
  }
  if (!found.size) return;
  const items = document.createElement("ul");
  items.className = "popup-layers";
  for (const feature of [...found.values()].slice(0, MOST_IN_POPUP)) {
    const item = document.createElement("li");
    item.append(describe(feature, options));
    items.append(item);
  }
  if (found.size > MOST_IN_POPUP) {
    items.append(Object.assign(document.createElement("li"), { textContent: `${found.size - MOST_IN_POPUP} more: zoom in to see them.` }));
  }
  new maplibre.Popup().setLngLat(event.lngLat).setDOMContent(items).addTo(map);
}

async function draw(element) {
  const options = JSON.parse(element.dataset.map);
  const maplibre = await import(element.dataset.maplibre);
  style(element.dataset.style);
  const colors = readColors();
  const note = element.firstElementChild;
  const map = new maplibre.Map({
    container: element,
    bounds: options.bounds ?? WORLD,
    fitBoundsOptions: { padding: PADDING, maxZoom: 14 },
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    locale: { "Map.Title": element.getAttribute("aria-label") },
    style: {
      version: 8,
      sources: { grid: grid(10), "fine-grid": grid(1) },
      layers: [
        { id: "ground", type: "background", paint: { "background-color": colors.ground } },
        { id: "fine-grid", source: "fine-grid", type: "line", minzoom: 5, paint: { "line-color": colors.grid, "line-width": 0.6 } },
        { id: "grid", source: "grid", type: "line", paint: { "line-color": colors.grid, "line-width": 1.2 } },
      ],
    },
  });
  map.addControl(new maplibre.NavigationControl({ showCompass: false }));
  map.addControl(new maplibre.ScaleControl());
  await map.once("load");
  const byChange = ["match", ["get", "change"], ...Object.entries(COLORS).flat(), colors.mark];
  const missing = [];
  let bounds = options.bounds;
  for (const [index, layer] of options.layers.entries()) {
    const isChanges = layer.kind === "changes";
    const source = { id: `layer-${index}`, url: layer.url, color: isChanges ? byChange : (layer.color ?? colors.mark) };
    source.radius = isChanges ? 5 : layer.radius;
    try {
      const seen = layer.kind === "pmtiles" ? await addTiles(maplibre, map, element, source) : await addFeatures(map, source);
      if (!bounds && seen) map.fitBounds((bounds = seen), { padding: PADDING, maxZoom: 14, animate: false });
    } catch (error) {
      missing.push(layer.url);
    }
  }
  followTheme(map);
  map.on("click", (event) => showFeatures(maplibre, map, options, event));
  note.textContent = missing.length ? `Not available: ${missing.join(", ")}` : "";
  note.hidden = !missing.length;
  await map.once("idle");
  element.map = map; // for tests and the console of a browser
  element.dataset.drawn = missing.length ? "partly" : "yes";
}

const seen = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    seen.unobserve(target);
    draw(target).catch((error) => {
      target.firstElementChild.textContent = `The map cannot be drawn: ${error.message}`;
      target.dataset.drawn = "no";
    });
  }
});
function watch(root) {
  for (const element of root.querySelectorAll("[data-map]")) {
    element.firstElementChild.textContent = "Loading the map…";
    seen.observe(element);
  }
}
watch(document);
// A part of a page that was fetched again may have a map of its own.
document.addEventListener("htmx:afterSwap", ({ detail: { target } }) => watch(target));

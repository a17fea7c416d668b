// Draws the maps of a page, each when it comes into view: PMTiles or GeoJSON on a plain grid of degrees, nothing from elsewhere.
const COLOURS = { added: "#2c9a4f", removed: "#d4373d", changed: "#d89614" };
const WHOLE_WORLD = [-170, -58, 178, 75];

function paint() {
  const style = getComputedStyle(document.documentElement);
  const of = (name) => style.getPropertyValue(name).trim();
  return { ground: of("--raised"), grid: of("--line"), mark: of("--accent") };
}

// Lines of latitude and longitude, every so many degrees.
function grid(step) {
  const lines = [];
  for (let x = -180; x <= 180; x += step) lines.push([[x, -85], [x, 85]]);
  for (let y = -80; y <= 80; y += step) lines.push([[-180, y], [180, y]]);
  const data = { type: "Feature", properties: {}, geometry: { type: "MultiLineString", coordinates: lines } };
  return { type: "geojson", data };
}

// What is drawn of a source: areas, lines and points, whichever it has.
function layersOf(id, colour, more = {}, radius = ["interpolate", ["linear"], ["zoom"], 0, 1.6, 10, 2.2, 16, 5]) {
  const is = (kind) => ["==", ["geometry-type"], kind];
  const of = (type, kind, look) => ({ id: `${id}-${type}`, source: id, type, filter: is(kind), paint: look, ...more });
  return [
    of("fill", "Polygon", { "fill-color": colour, "fill-opacity": 0.3, "fill-outline-color": colour }),
    of("line", "LineString", { "line-color": colour, "line-width": 1.5 }),
    of("circle", "Point", {
      "circle-color": colour,
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

let archives; // what reads PMTiles, shared by the maps of a page

async function openTiles(maplibre, element, url) {
  if (!archives) {
    await load(element.dataset.pmtiles);
    archives = new pmtiles.Protocol();
    maplibre.addProtocol("pmtiles", archives.tile);
  }
  const archive = new pmtiles.PMTiles(new URL(url, location).href);
  archives.add(archive);
  const [header, about] = await Promise.all([archive.getHeader(), archive.getMetadata()]);
  return { archive, header, names: (about.vector_layers ?? []).map((layer) => layer.id) };
}

async function addTiles(maplibre, map, element, { id, url, colour }) {
  const { archive, header, names } = await openTiles(maplibre, element, url);
  map.addSource(id, { type: "vector", url: `pmtiles://${archive.source.getKey()}` });
  for (const name of names) {
    for (const layer of layersOf(id, colour, { "source-layer": name })) map.addLayer({ ...layer, id: `${layer.id}-${name}` });
  }
  return [header.minLon, header.minLat, header.maxLon, header.maxLat];
}

async function addFeatures(map, { id, url, colour, radius }) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
  const data = await answer.json();
  map.addSource(id, { type: "geojson", data });
  for (const layer of layersOf(id, colour, {}, radius)) map.addLayer(layer);
  return data.bbox;
}

// The ground follows when light becomes dark.
function follow(map) {
  const repaint = () => {
    const { ground, grid: lines } = paint();
    map.setPaintProperty("ground", "background-color", ground);
    for (const layer of ["grid", "fine-grid"]) map.setPaintProperty(layer, "line-color", lines);
  };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
  new MutationObserver(repaint).observe(document.documentElement, { attributeFilter: ["data-theme"] });
}

// What lies under a click, as text: nothing of it is ever read as HTML.
function tell(maplibre, map, wanted, event) {
  const [found] = map.queryRenderedFeatures(event.point).filter((feature) => feature.source.startsWith("layer-"));
  if (!found) return;
  const list = document.createElement("dl");
  list.className = "facts";
  for (const [name, value] of Object.entries(found.properties)) {
    list.append(Object.assign(document.createElement("dt"), { textContent: name }));
    list.append(Object.assign(document.createElement("dd"), { textContent: String(value) }));
  }
  const { page } = wanted.layers[Number(found.source.slice("layer-".length))];
  if (page) {
    const link = Object.assign(document.createElement("a"), { textContent: "Open dataset", href: page + encodeURIComponent(found.id) });
    list.append(document.createElement("dt"), document.createElement("dd"));
    list.lastElementChild.append(link);
  }
  new maplibre.Popup().setLngLat(event.lngLat).setDOMContent(list).addTo(map);
}

async function draw(element) {
  const wanted = JSON.parse(element.dataset.map);
  const maplibre = await import(element.dataset.maplibre);
  style(element.dataset.style);
  const colours = paint();
  const note = element.firstElementChild;
  const map = new maplibre.Map({
    container: element,
    bounds: wanted.bounds ?? WHOLE_WORLD,
    fitBoundsOptions: { padding: 24, maxZoom: 14 },
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    locale: { "Map.Title": element.getAttribute("aria-label") },
    style: {
      version: 8,
      sources: { grid: grid(10), "fine-grid": grid(1) },
      layers: [
        { id: "ground", type: "background", paint: { "background-color": colours.ground } },
        { id: "fine-grid", source: "fine-grid", type: "line", minzoom: 5, paint: { "line-color": colours.grid, "line-width": 0.6 } },
        { id: "grid", source: "grid", type: "line", paint: { "line-color": colours.grid, "line-width": 1.2 } },
      ],
    },
  });
  map.addControl(new maplibre.NavigationControl({ showCompass: false }));
  map.addControl(new maplibre.ScaleControl());
  await map.once("load");
  const by = ["match", ["get", "change"], ...Object.entries(COLOURS).flat(), colours.mark];
  const missing = [];
  let bounds = wanted.bounds;
  for (const [place, layer] of wanted.layers.entries()) {
    const isChanges = layer.kind === "changes";
    const source = { id: `layer-${place}`, url: layer.url, colour: isChanges ? by : (layer.colour ?? colours.mark) };
    source.radius = isChanges ? 5 : layer.radius;
    try {
      const seen = layer.kind === "pmtiles" ? await addTiles(maplibre, map, element, source) : await addFeatures(map, source);
      if (!bounds && seen) map.fitBounds((bounds = seen), { padding: 24, maxZoom: 14, animate: false });
    } catch (error) {
      missing.push(layer.url);
    }
  }
  follow(map);
  map.on("click", (event) => tell(maplibre, map, wanted, event));
  note.textContent = missing.length ? `Not there: ${missing.join(", ")}` : "";
  note.hidden = !missing.length;
  await map.once("idle");
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
for (const element of document.querySelectorAll("[data-map]")) seen.observe(element);

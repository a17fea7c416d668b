// The map below the data: land, borders and names, in the colors of the theme; a grid of degrees where it is not installed.
const FONT = ["sans-serif"]; // drawn by the browser: no server of glyphs
const COUNTRY = 0, REGION = 1, COUNTY = 2;
const COLORS = {
  water: "--map-water", land: "--map-land", border: "--map-border", country: "--map-country", name: "--map-name", halo: "--map-halo",
};
export const BASE_SOURCE = "basemap";

// The value of each custom property of the stylesheet, in the current theme.
export function readColors(names) {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(Object.entries(names).map(([name, property]) => [name, style.getPropertyValue(property).trim()]));
}

const isLevel = (level) => ["==", ["get", "level"], level];

function border(id, level, minzoom, color, paint) {
  const place = { source: BASE_SOURCE, "source-layer": "borders", filter: isLevel(level), minzoom };
  return { id, type: "line", ...place, layout: { "line-join": "round" }, paint: { "line-color": color, ...paint } };
}

function names(id, level, size, minzoom, color, halo, layout = {}) {
  return {
    id,
    type: "symbol",
    source: BASE_SOURCE,
    "source-layer": "names",
    filter: isLevel(level),
    minzoom,
    layout: {
      "text-field": ["get", "name"], "text-font": FONT, "text-size": size, "text-max-width": 7, "text-padding": 6,
      "symbol-sort-key": ["get", "rank"], ...layout,
    },
    paint: { "text-color": color, "text-halo-color": halo, "text-halo-width": 1.4 },
  };
}

// The style layers of the basemap: those below the data, then the names above it.
export function baseLayers(colors) {
  const { water, land, border: line, country, name, halo } = colors;
  const grows = (...stops) => ["interpolate", ["linear"], ["zoom"], ...stops];
  const below = [
    { id: "ground", type: "background", paint: { "background-color": water } },
    { id: "land", type: "fill", source: BASE_SOURCE, "source-layer": "land", paint: { "fill-color": land } },
    border("counties", COUNTY, 5, line, { "line-width": grows(5, 0.4, 9, 1.2) }),
    border("regions", REGION, 3, line, { "line-width": grows(3, 0.5, 8, 1.6) }),
    border("countries", COUNTRY, 0, country, { "line-width": grows(0, 0.5, 8, 2) }),
  ];
  const above = [
    names("county-names", COUNTY, 11, 6, name, halo),
    names("region-names", REGION, grows(4, 10, 8, 13), 3, name, halo, { "text-letter-spacing": 0.08 }),
    names("country-names", COUNTRY, grows(1, 11, 6, 16), 0, country, halo),
  ];
  return { below, above };
}

// Lines of latitude and longitude, every `step` degrees.
function grid(step) {
  const lines = [];
  for (let x = -180; x <= 180; x += step) lines.push([[x, -85], [x, 85]]);
  for (let y = -80; y <= 80; y += step) lines.push([[-180, y], [180, y]]);
  return { type: "geojson", data: { type: "Feature", properties: {}, geometry: { type: "MultiLineString", coordinates: lines } } };
}

function gridStyle({ land, border: line }) {
  const paint = (width) => ({ "line-color": line, "line-width": width });
  return {
    version: 8,
    sources: { grid: grid(10), "fine-grid": grid(1) },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": land } },
      { id: "fine-grid", source: "fine-grid", type: "line", minzoom: 5, paint: paint(0.6) },
      { id: "grid", source: "grid", type: "line", paint: paint(1.2) },
    ],
  };
}

// The style without data. `url` is the source of the basemap, empty if it is not installed.
export function baseStyle(url) {
  const colors = readColors(COLORS);
  if (!url) return gridStyle(colors);
  const { below, above } = baseLayers(colors);
  return { version: 8, sources: { [BASE_SOURCE]: { type: "vector", url } }, layers: [...below, ...above] };
}

// The ID of the layer below which data is drawn; undefined where there are no names.
export const belowNames = (map) => (map.getLayer("county-names") ? "county-names" : undefined);

// Gives the basemap the colors of the current theme.
export function repaintBase(map) {
  const url = map.getSource(BASE_SOURCE) ? BASE_SOURCE : "";
  for (const layer of baseStyle(url).layers) {
    for (const [property, value] of Object.entries(layer.paint)) map.setPaintProperty(layer.id, property, value);
  }
}

// Shows or hides borders and names; land and water stay.
export function showBorders(map, isShown) {
  for (const { id, type } of baseStyle(BASE_SOURCE).layers) {
    if (type === "line" || type === "symbol") map.setLayoutProperty(id, "visibility", isShown ? "visible" : "none");
  }
}

// The data on a map: PMTiles or GeoJSON, a color for each layer, and the groups that the legend shows.
import { belowNames, readColors } from "./map-base.js";

const LAYER_COLORS = {
  addresses: "--layer-addresses", buildings: "--layer-buildings", parcels: "--layer-parcels", centerlines: "--layer-centerlines",
  published: "--map-name",
};
const CHANGE_COLORS = { added: "--change-added", removed: "--change-removed", changed: "--change-changed" };
const RADIUS = ["interpolate", ["linear"], ["zoom"], 0, 1.6, 10, 2.4, 16, 5];
// A square of the fabric is darker the more features it has; squares touch, so they have no outline.
const BY_COUNT = ["interpolate", ["linear"], ["ln", ["max", 1, ["to-number", ["get", "count"]]]], 0, 0.25, 5, 0.45, 12, 0.85];
const STROKE = "--map-halo";

// The property by which features of a layer have different colors, and the color of each value.
function scaleOf(layer) {
  if (layer.kind === "changes") return { property: "change", colors: readColors(CHANGE_COLORS) };
  return { property: "layer", colors: readColors(LAYER_COLORS) };
}

// What the legend calls data of one color.
const nameOf = (layer) => layer.label ?? layer.layer ?? "features";

// The color of a layer of the map: that of its data layer, or by the property of each feature.
function colorOf(layer) {
  const { property, colors } = scaleOf(layer);
  const { mark } = readColors({ mark: "--accent" });
  if (layer.kind === "pmtiles") return colors[nameOf(layer)] ?? mark;
  return ["match", ["get", property], ...Object.entries(colors).flat(), mark];
}

// What a style layer of each kind of geometry looks like.
function paints(layer) {
  const color = colorOf(layer);
  const { stroke } = readColors({ stroke: STROKE });
  const opacity = layer.is_fabric ? BY_COUNT : layer.kind === "geojson" ? 0.03 : 0.35;
  const outline = layer.is_fabric ? { "fill-antialias": false } : { "fill-outline-color": color };
  return {
    fill: { "fill-color": color, "fill-opacity": opacity, ...outline },
    line: { "line-color": color, "line-width": layer.kind === "geojson" ? 1 : 1.5 },
    circle: {
      "circle-color": color, "circle-radius": layer.radius ?? (layer.kind === "changes" ? 5 : RADIUS),
      "circle-stroke-width": 0.7, "circle-stroke-color": stroke,
    },
  };
}

const GEOMETRIES = { fill: ["Polygon"], line: ["LineString"], circle: ["Point"] };
// Not for tiles, where an outline would show their edges.
const OUTLINED = { ...GEOMETRIES, line: ["LineString", "Polygon"] };

// The style layers of a source: areas, lines and points.
function styleLayers(id, layer, suffix = "", more = {}) {
  const geometries = layer.kind === "pmtiles" ? GEOMETRIES : OUTLINED;
  return Object.entries(paints(layer)).map(([type, paint]) => {
    const filter = ["in", ["geometry-type"], ["literal", geometries[type]]];
    return { id: `${id}-${type}${suffix}`, source: id, type, paint, filter, ...more };
  });
}

// Adds the data of one layer; returns its style layers, its bounds and its groups: a label and a color for the legend.
export async function addData(map, tiles, id, layer) {
  return layer.kind === "pmtiles" ? addTiles(map, tiles, id, layer) : addFeatures(map, id, layer);
}

async function addTiles(map, tiles, id, layer) {
  const { key, header, names } = await tiles.open(layer.url);
  map.addSource(id, { type: "vector", url: `pmtiles://${key}` });
  const added = names.flatMap((name) => styleLayers(id, layer, `-${name}`, { "source-layer": name }));
  for (const each of added) map.addLayer(each, belowNames(map));
  return { layer, styles: added, bounds: [header.minLon, header.minLat, header.maxLon, header.maxLat], values: [nameOf(layer)], property: null };
}

async function addFeatures(map, id, layer) {
  const response = await fetch(layer.url);
  if (!response.ok) throw new Error(`${layer.url} returned ${response.status}`);
  const data = await response.json();
  map.addSource(id, { type: "geojson", data });
  const added = styleLayers(id, layer);
  for (const each of added) map.addLayer(each, belowNames(map));
  const { property, colors } = scaleOf(layer);
  const seen = new Set(data.features.map((feature) => feature.properties[property]));
  const values = Object.keys(colors).filter((value) => seen.has(value));
  return { layer, styles: added, bounds: data.bbox, values: values.length ? values : [nameOf(layer)], property: values.length ? property : null };
}

// The groups of all data, each with the color that it has on the map.
export function groupsOf(parts) {
  const { mark } = readColors({ mark: "--accent" });
  const groups = new Map();
  for (const part of parts) {
    for (const value of part.values) groups.set(value, scaleOf(part.layer).colors[value] ?? mark);
  }
  return groups;
}

// Hides the groups named in `hidden`, a set of values.
export function hideGroups(map, parts, hidden) {
  for (const { styles, values, property } of parts) {
    const gone = values.filter((value) => hidden.has(value));
    for (const { id, filter } of styles) {
      map.setLayoutProperty(id, "visibility", gone.length === values.length ? "none" : "visible");
      map.setFilter(id, property && gone.length ? ["all", filter, ["!", ["in", ["get", property], ["literal", gone]]]] : filter);
    }
  }
}

// Gives the data the colors of the current theme.
export function repaintData(map, parts) {
  for (const { layer, styles } of parts) {
    for (const { id, type } of styles) {
      for (const [property, value] of Object.entries(paints(layer)[type])) map.setPaintProperty(id, property, value);
    }
  }
}

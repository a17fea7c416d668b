// Draws the maps of a page when they come into view: data over a basemap, all of it from this site.
import { baseStyle, repaintBase, showBorders } from "./map-base.js";
import { creditControl, fitControl, LEGEND_PX, legendControl, NARROW_PX } from "./map-controls.js";
import { addData, groupsOf, hideGroups, repaintData } from "./map-data.js";
import { describe } from "./map-popup.js";

const WORLD = [-170, -58, 178, 75];
const CLOSEST = 14;
const [LEAST_PADDING, MOST_PADDING] = [28, 64]; // pixels between the data and the edge

function load(url) {
  return new Promise((resolve, reject) => {
    const script = Object.assign(document.createElement("script"), { src: url, onload: resolve, onerror: reject });
    document.head.append(script);
  });
}

function style(url) {
  if (document.querySelector(`link[href="${url}"]`)) return;
  document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href: url }));
}

// The PMTiles archives of a page, shared by its maps.
class Tiles {
  static #protocol;

  static async of(maplibre, scriptUrl) {
    if (!Tiles.#protocol) {
      Tiles.#protocol = load(scriptUrl).then(() => {
        const protocol = new pmtiles.Protocol();
        maplibre.addProtocol("pmtiles", protocol.tile);
        return protocol;
      });
    }
    return new Tiles(await Tiles.#protocol);
  }

  constructor(protocol) {
    this.protocol = protocol;
  }

  add(url) {
    const archive = new pmtiles.PMTiles(new URL(url, location).href);
    this.protocol.add(archive);
    return archive;
  }

  async open(url) {
    const archive = this.add(url);
    const [header, metadata] = await Promise.all([archive.getHeader(), archive.getMetadata()]);
    return { key: archive.source.getKey(), header, names: (metadata.vector_layers ?? []).map((layer) => layer.id) };
  }
}

// Bounds on the earth, or null: results may have coordinates beyond the poles.
function onEarth(bounds) {
  if (!bounds?.every(Number.isFinite)) return null;
  const [west, south, east, north] = bounds;
  const clamp = (value, most) => Math.min(Math.max(value, -most), most);
  return [clamp(west, 180), clamp(south, 85), clamp(east, 180), clamp(north, 85)];
}

function union(all) {
  const known = all.map(onEarth).filter(Boolean);
  if (!known.length) return null;
  const of = (place, pick) => pick(...known.map((bounds) => bounds[place]));
  return [of(0, Math.min), of(1, Math.min), of(2, Math.max), of(3, Math.max)];
}

function fitOptions(element) {
  const padding = Math.min(Math.max(Math.min(element.clientWidth, element.clientHeight) * 0.14, LEAST_PADDING), MOST_PADDING);
  const left = element.clientWidth > NARROW_PX ? LEGEND_PX : padding;
  return { padding: { top: padding, right: padding, bottom: padding, left }, maxZoom: CLOSEST };
}

const hashOf = (place) => (place ? `map-${place + 1}` : "map");
const hasPosition = (name) => location.hash.slice(1).split("&").some((part) => part.startsWith(`${name}=`));

function onThemeChange(repaint) {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
  new MutationObserver(repaint).observe(document.documentElement, { attributeFilter: ["data-theme"] });
}

async function makeMap(maplibre, tiles, element, place) {
  const options = JSON.parse(element.dataset.map);
  const { basemap } = element.dataset;
  const map = new maplibre.Map({
    container: element,
    bounds: onEarth(options.bounds) ?? WORLD,
    fitBoundsOptions: fitOptions(element),
    hash: hashOf(place),
    attributionControl: false,
    // One finger, or the wheel, scrolls the page; a page that is a map keeps the wheel of a mouse.
    cooperativeGestures: matchMedia("(pointer: coarse)").matches || !element.classList.contains("tall"),
    dragRotate: false,
    pitchWithRotate: false,
    locale: { "Map.Title": element.getAttribute("aria-label") },
    style: baseStyle(basemap && `pmtiles://${tiles.add(basemap).source.getKey()}`),
  });
  map.touchZoomRotate.disableRotation();
  map.addControl(new maplibre.NavigationControl({ showCompass: false }));
  map.addControl(new maplibre.ScaleControl());
  if (basemap) map.addControl(creditControl(), "bottom-right");
  await map.once("load");
  return { map, options };
}

// Adds the data of every layer; returns what was added, and the URLs that could not be read.
async function addAll(map, tiles, layers) {
  const parts = [], missing = [];
  for (const [index, layer] of layers.entries()) {
    try {
      parts.push(await addData(map, tiles, `layer-${index}`, layer));
    } catch (error) {
      missing.push(layer.url);
    }
  }
  return { parts, missing };
}

async function draw(element, place) {
  const hasPlace = hasPosition(hashOf(place));
  const maplibre = await import(element.dataset.maplibre);
  style(element.dataset.style);
  const note = element.firstElementChild;
  const tiles = await Tiles.of(maplibre, element.dataset.pmtiles);
  const { map, options } = await makeMap(maplibre, tiles, element, place);
  const { parts, missing } = await addAll(map, tiles, options.layers);
  // The bounds of the fabric are those of its largest squares.
  const exact = parts.filter((part) => !part.layer.is_fabric);
  const bounds = onEarth(options.bounds) ?? union((exact.length ? exact : parts).map((part) => part.bounds));
  const fit = (more) => bounds && map.fitBounds(bounds, { ...fitOptions(element), ...more });
  if (!hasPlace && !options.bounds) fit({ animate: false });
  if (bounds) map.addControl(fitControl(() => fit()));
  const borders = element.dataset.basemap ? (isShown) => showBorders(map, isShown) : null;
  if (parts.length) map.addControl(legendControl(map, groupsOf(parts).keys(), (hidden) => hideGroups(map, parts, hidden), borders), "top-left");
  const repaint = () => {
    repaintBase(map);
    repaintData(map, parts);
  };
  onThemeChange(repaint);
  repaint(); // the theme may have changed while the map loaded
  map.on("click", (event) => {
    const content = describe(map.queryRenderedFeatures(event.point), options.layers);
    if (content) new maplibre.Popup({ maxWidth: "22rem" }).setLngLat(event.lngLat).setDOMContent(content).addTo(map);
  });
  note.textContent = missing.length ? `Not available: ${missing.join(", ")}` : "";
  note.hidden = !missing.length;
  await map.once("idle");
  element.map = map; // for tests and the console of a browser
  element.dataset.drawn = missing.length ? "partly" : "yes";
}

const places = new Map();
const seen = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    seen.unobserve(target);
    draw(target, places.get(target)).catch((error) => {
      // The message of maplibre about WebGL is long and leads to another site.
      const reason = /webgl/i.test(error.message) ? "this browser does not have WebGL 2" : error.message;
      target.firstElementChild.textContent = `The map cannot be drawn: ${reason}. The rest of this page works without it.`;
      target.dataset.drawn = "no";
    });
  }
});
function watch(root) {
  for (const element of root.querySelectorAll("[data-map]")) {
    places.set(element, places.size);
    element.firstElementChild.textContent = "Loading the map…";
    seen.observe(element);
  }
}
watch(document);
// A part of a page that was fetched again may have its own map.
document.addEventListener("htmx:afterSwap", ({ detail: { target } }) => watch(target));

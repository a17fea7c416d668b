// Leads from the map of all data to lists: of the data that covers the point of a click, and of the data in the view.
const links = document.querySelector("[data-place-links]");
const element = document.querySelector("[data-map]");
const DIGITS = 5;

// A longitude within the globe: the map goes round it.
const wrap = (longitude) => ((((longitude + 180) % 360) + 360) % 360) - 180;
const write = (number) => String(Number(number.toFixed(DIGITS)));

// The list with the filter of this page, reduced to a point or to an area, which replaces both.
function listUrl(name, value) {
  const url = new URL(links.dataset.list, location);
  url.searchParams.delete("point");
  url.searchParams.delete("bbox");
  url.searchParams.set(name, value);
  return url.pathname + url.search.replaceAll("%2C", ",");
}

function showPoint({ lngLat }) {
  const link = links.querySelector("[data-point]");
  const lon = write(wrap(lngLat.lng));
  const lat = write(lngLat.lat);
  link.href = listUrl("point", `${lon},${lat}`);
  link.textContent = `What covers ${lat}, ${lon}?`;
  link.hidden = false;
}

// The whole world is one view: a box wider than it would select a part of it.
function showView(map) {
  const bounds = map.getBounds();
  const isWorld = bounds.getEast() - bounds.getWest() >= 360;
  const [west, east] = isWorld ? [-180, 180] : [wrap(bounds.getWest()), wrap(bounds.getEast())];
  const [south, north] = [Math.max(bounds.getSouth(), -90), Math.min(bounds.getNorth(), 90)];
  links.querySelector("[data-area]").href = listUrl("bbox", [west, south, east, north].map(write).join(","));
}

function follow() {
  if (!element.map) return;
  drawn.disconnect();
  element.map.on("click", showPoint);
  element.map.on("moveend", () => showView(element.map));
  showView(element.map);
  links.hidden = false;
}

const drawn = new MutationObserver(follow);
if (links && element) {
  drawn.observe(element, { attributeFilter: ["data-drawn"] });
  follow();
}

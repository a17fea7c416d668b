// Controls of a map besides those of MapLibre: "fit to data", and a legend whose entries show and hide data.
export const NARROW_PX = 560; // below it the legend starts closed
export const LEGEND_PX = 200;

class Control {
  constructor(element) {
    this.element = element;
  }

  onAdd() {
    return this.element;
  }

  onRemove() {
    this.element.remove();
  }
}

// A button below those for the zoom.
export function fitControl(fit) {
  const group = Object.assign(document.createElement("div"), { className: "maplibregl-ctrl maplibregl-ctrl-group" });
  const button = Object.assign(document.createElement("button"), { type: "button", className: "map-fit", title: "Fit to data" });
  button.setAttribute("aria-label", "Fit to data");
  button.append(Object.assign(document.createElement("span"), { className: "maplibregl-ctrl-icon" }));
  button.addEventListener("click", fit);
  group.append(button);
  return new Control(group);
}

function entry(label, kind, onChange) {
  const item = document.createElement("li"), line = document.createElement("label");
  const box = Object.assign(document.createElement("input"), { type: "checkbox", checked: true });
  box.addEventListener("change", () => onChange(box.checked));
  const swatch = Object.assign(document.createElement("span"), { className: `swatch ${kind}` });
  line.append(box, swatch, label[0].toUpperCase() + label.slice(1));
  item.append(line);
  return item;
}

// The legend: `values` are the names of groups; `show` gets the set of hidden ones, `showBorders` whether borders are shown.
export function legendControl(map, values, show, showBorders) {
  const box = Object.assign(document.createElement("details"), { className: "maplibregl-ctrl map-key", open: map.getContainer().clientWidth > NARROW_PX });
  const list = document.createElement("ul"), hidden = new Set();
  for (const value of values) {
    list.append(entry(value, `layer-${value}`, (isShown) => {
      if (isShown) hidden.delete(value);
      else hidden.add(value);
      show(hidden);
    }));
  }
  if (showBorders) list.append(entry("borders and names", "borders", showBorders));
  box.append(Object.assign(document.createElement("summary"), { textContent: "Legend" }), list);
  return new Control(box);
}

// Where the basemap comes from.
export function creditControl() {
  return new Control(Object.assign(document.createElement("p"), { className: "maplibregl-ctrl map-credit", textContent: "Natural Earth, US Census Bureau" }));
}

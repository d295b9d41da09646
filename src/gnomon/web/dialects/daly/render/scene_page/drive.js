// Drive: what is fetched, what the hands do, and what is said beside the picture.

const part = id => document.getElementById(id);
const canvas = part("space");
const KEPT = "gnomon-credential";
const MOST_POSITIONS = 4000;

const page = {
  tables: [], solids: [], terrain: [], grid: null, positions: new Map(), shown: null,
  sun: { azimuth: 180, elevation: 30 }, camera: null, painter: null, asking: false, isPlaying: false, isDue: false,
};

// The address may carry the credential behind its "#", which no server is sent; it is taken out of sight at once.
function takeCredential() {
  const given = new URLSearchParams(location.hash.slice(1));
  const credential = given.get("token") || given.get("key");
  if (credential) {
    sessionStorage.setItem(KEPT, credential);
    history.replaceState(null, "", location.pathname + location.search);
  }
}

class Refused extends Error {}

async function ask(query) {
  const credential = sessionStorage.getItem(KEPT);
  const headers = credential ? { Authorization: `Bearer ${credential}` } : {};
  const answer = await fetch(`viewer?${new URLSearchParams(query)}`, { headers, cache: "no-store" });
  const body = await answer.json().catch(() => ({}));
  const words = typeof body.detail === "string" ? body.detail : `The server answered ${answer.status}.`;
  if (answer.status === 401 || answer.status === 403) throw new Refused(words);
  if (!answer.ok) throw new Error(words);
  return body;
}

const binOf = sun => ({ azimuth_bin: sun.azimuth % 360, elevation_bin: sun.elevation });

function nearest(values, wanted, isRound) {
  const apart = value => isRound ? Math.abs((value - wanted + 540) % 360 - 180) : Math.abs(value - wanted);
  return values.reduce((best, value) => apart(value) < apart(best) ? value : best);
}

function gridKey(sun) {
  return `${nearest(page.grid.azimuth, sun.azimuth, true)} ${nearest(page.grid.elevation, sun.elevation, false)}`;
}

function keep(answer) {
  if (!answer.shading) return;
  page.grid = answer.sunPositions;
  if (page.positions.size > MOST_POSITIONS) page.positions.clear();
  page.positions.set(`${answer.shading.azimuthBin} ${answer.shading.elevationBin}`, answer.shading);
}

async function open() {
  takeCredential();
  try {
    const scene = await ask(binOf(page.sun));
    part("entry").hidden = true;
    show(scene);
  } catch (problem) {
    const isRefused = problem instanceof Refused;
    part("entry").hidden = !isRefused;
    part("refused").textContent = isRefused && sessionStorage.getItem(KEPT) ? problem.message : "";
    part("told").textContent = isRefused ? "A key is needed." : problem.message;
    sessionStorage.removeItem(KEPT);
    document.body.dataset.state = isRefused ? "locked" : "broken";
  }
}

function show(scene) {
  part("name").textContent = document.title = scene.name || `Shading scene ${scene.shadingSceneId}`;
  const trackers = scene.tables.filter(table => table.tracker).length;
  const count = (number, one) => `${number.toLocaleString("en")} ${one}${number === 1 ? "" : "s"}`;
  const parts = [count(scene.tables.length, "table"), trackers ? `${count(trackers, "tracker")} among them` : "", scene.shading ? "" : `shading ${scene.status}`];
  part("told").textContent = parts.filter(Boolean).join(" · ");
  // About its own middle: a card's numbers have seven digits, and a map's coordinates need more.
  const standing = scene.tables.flatMap(table => table.corners), middle = boundsOf(standing).centre;
  const origin = standing.length ? [middle[0], middle[1], 0] : [0, 0, 0];
  page.tables = scene.tables.map(table => readTable(table, origin));
  page.solids = trianglesOf(scene.obstructions.objects, origin);
  page.terrain = trianglesOf(scene.obstructions.terrain, origin);
  const corners = page.tables.flatMap(table => table.corners);
  page.bounds = boundsOf([...corners, ...page.solids.flat(), ...page.terrain.flat()]);
  // Terrain may reach far; what stands near the tables shall be seen at once, and what stands far off not shrink them.
  const near = boundsOf([...corners, ...page.solids.flat()]), alone = boundsOf(corners);
  page.camera ||= new Camera(corners.length ? (near.size < 2.5 * alone.size ? near : alone) : page.bounds);
  page.painter ||= painterFor(canvas);
  part("panel").hidden = part("compass").hidden = false;
  keep(scene);
  setSun(page.sun);
  Object.assign(document.body.dataset, { state: "ready", painter: page.painter.name });
}

function setSun(sun) {
  page.sun = sun;
  part("azimuth").value = sun.azimuth;
  part("elevation").value = Math.max(sun.elevation, 0);
  part("azimuth-told").textContent = `${Math.round(sun.azimuth)}°`;
  part("elevation-told").textContent = `${Math.round(sun.elevation)}°`;
  choose();
}

// One question at a time; when it is answered, the sun may be elsewhere already.
async function choose() {
  if (page.grid && page.sun.elevation >= 0) {
    const wanted = gridKey(page.sun), position = page.positions.get(wanted);
    document.body.dataset.asked = wanted;
    if (position) {
      page.shown = position;
      document.body.dataset.shown = wanted;
    }
    else if (!page.asking) {
      page.asking = true;
      try {
        keep(await ask({ include_geometry: false, include_obstructions: false, ...binOf(page.sun) }));
      } catch (problem) {
        part("told").textContent = problem.message;
        page.grid = null;
      }
      page.asking = false;
      choose();
    }
  } else page.shown = null;
  lay();
}

function sharesOf(index) {
  const tables = page.shown && page.shown.tables;
  if (!tables) return null;
  const rotation = tables.rotation && tables.rotation[index];
  return { directShading: tables.directShading[index], affectedDiodes: tables.affectedDiodes[index], rotation };
}

const percent = share => `${(share * 100).toFixed(1)} %`;

function lay() {
  if (!page.painter) return;
  const theme = page.theme = themeColours(), measure = part("measure").value;
  const faces = page.tables.map((table, index) => {
    const shares = sharesOf(index);
    table.now = turned(table, shares && table.tracker ? shares.rotation : undefined);
    return { points: table.now, colour: shares ? rampColour(shares[measure]) : [90, 110, 135], edge: theme.edge };
  });
  const light = page.sun.elevation >= 0 ? towardsSun(page.sun.azimuth, page.sun.elevation) : null;
  const hills = page.terrain.map(points => ({ points, colour: lit(theme.ground, points, light), edge: theme.rule }));
  const solids = page.solids.map(points => ({ points, colour: lit(theme.solid, points, light), edge: theme.edge }));
  layGround(theme, light);
  page.painter.setLayer("hills", hills, [], 3);
  page.painter.setLayer("solids", [...solids, ...faces]);
  const whole = page.shown;
  part("whole").textContent = page.sun.elevation < 0 ? "The sun is below the horizon."
    : whole ? `Whole scene: ${percent(whole.scene.directShading)} of the direct light, ${percent(whole.scene.affectedDiodes)} of the groups`
    : "There are no shares yet.";
  due();
}

function lit(colour, points, light) {
  const facing = light ? Math.abs(dot(normalOf(points), light)) : 0;
  return times(colour, 0.65 + 0.35 * facing);
}

function layGround(theme, light) {
  const { low, high, size } = page.bounds, level = low[2] - 0.02;
  const reach = size * 0.35, from = [low[0] - reach, low[1] - reach], to = [high[0] + reach, high[1] + reach];
  const at = (x, y) => [x, y, level];
  const step = 10 ** Math.round(Math.log10(size / 8)), lines = [];
  for (let x = Math.ceil(from[0] / step) * step; x <= to[0]; x += step) lines.push([at(x, from[1]), at(x, to[1])]);
  for (let y = Math.ceil(from[1] / step) * step; y <= to[1]; y += step) lines.push([at(from[0], y), at(to[0], y)]);
  const ground = [at(from[0], from[1]), at(to[0], from[1]), at(to[0], to[1]), at(from[0], to[1])];
  const strokes = lines.map(points => ({ points, colour: theme.rule }));
  if (page.terrain.length) return page.painter.setLayer("ground", [], strokes, 8);
  page.painter.setLayer("ground", [{ points: ground, colour: theme.ground }], strokes, 8);
  page.painter.setLayer("shadows", shadows(level, light).map(points => ({ points, colour: times(theme.ground, 0.6) })), [], 4);
}

// On a plane; on rolling ground they would lie in the air.
function shadows(level, light) {
  const feet = page.tables.map(table => Math.min(...table.corners.map(corner => corner[2])));
  const isRolling = page.terrain.length || (feet.length && Math.max(...feet) - Math.min(...feet) > Math.max(2, page.bounds.size / 25));
  if (!light || light[2] < 0.05 || isRolling) return [];
  const fallen = point => plus(point, times(light, (level + 0.01 - point[2]) / light[2]));
  return [...page.tables.map(table => table.now), ...page.solids].map(points => points.map(fallen));
}

function laySun() {
  const colour = [232, 160, 32], { centre, size } = page.camera.bounds;
  if (page.sun.elevation < 0) return page.painter.setLayer("sun", []);
  const sun = plus(centre, times(towardsSun(page.sun.azimuth, page.sun.elevation), size * 0.6));
  const { side, over } = page.camera.axes(), radius = size * 0.018;
  const round = Array.from({ length: 24 }, (_, i) => plus(times(side, Math.cos(i * 15 * RAD) * radius), times(over, Math.sin(i * 15 * RAD) * radius)));
  page.painter.setLayer("sun", [{ points: round.map(point => plus(sun, point)), colour }], [{ points: [centre, sun], colour }]);
}

function due() {
  if (page.isDue) return;
  page.isDue = true;
  requestAnimationFrame(() => { page.isDue = false; draw(); });
}

function draw() {
  const ratio = devicePixelRatio || 1, width = Math.round(innerWidth * ratio), height = Math.round(innerHeight * ratio);
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const aside = innerWidth > 640 ? -part("panel").offsetWidth / innerWidth : 0;
  page.matrix = page.camera.matrix(width / height, aside);
  laySun();
  page.painter.draw(page.matrix, page.theme.sky);
  placeCompass();
}

function placeCompass() {
  const { centre, low, high, size } = page.bounds;
  const reach = [(high[0] - low[0]) / 2 + size * 0.3, (high[1] - low[1]) / 2 + size * 0.3];
  [[0, 1], [1, 0], [0, -1], [-1, 0]].forEach(([east, north], i) => {
    const point = [centre[0] + east * reach[0], centre[1] + north * reach[1], low[2]];
    const spot = projected(page.matrix, point, innerWidth, innerHeight), letter = part("compass").children[i];
    letter.hidden = spot.depth <= 0;
    letter.style.left = `${spot.x}px`;
    letter.style.top = `${spot.y}px`;
  });
}

function tableAt(x, y) {
  let best = null;
  page.tables.forEach((table, index) => {
    const spots = table.now.map(point => projected(page.matrix, point, innerWidth, innerHeight));
    if (spots.some(spot => spot.depth <= 0) || !isInside(spots, x, y)) return;
    const depth = spots.reduce((sum, spot) => sum + spot.depth, 0);
    if (!best || depth < best.depth) best = { table, index, depth };
  });
  return best;
}

function isInside(spots, x, y) {
  let inside = false;
  for (let i = 0, j = spots.length - 1; i < spots.length; j = i++) {
    const a = spots[i], b = spots[j];
    if ((a.y > y) !== (b.y > y) && x < (b.x - a.x) * (y - a.y) / (b.y - a.y) + a.x) inside = !inside;
  }
  return inside;
}

function tell(x, y) {
  const found = page.matrix && tableAt(x, y), hover = part("hover");
  hover.hidden = !found;
  if (!found) return;
  const shares = sharesOf(found.index);
  const told = [`Table ${found.table.id}`];
  if (shares) {
    told.push(`${percent(shares.directShading)} of the direct light lost`, `${percent(shares.affectedDiodes)} of the groups shaded`);
    if (shares.rotation !== undefined && found.table.tracker) told.push(`turned to ${shares.rotation.toFixed(1)}°`);
  }
  hover.textContent = told.join("\n");
  hover.style.left = `${Math.min(x + 14, innerWidth - hover.offsetWidth - 8)}px`;
  hover.style.top = `${Math.min(y + 14, innerHeight - hover.offsetHeight - 8)}px`;
}

const fingers = new Map();

function onMove(event) {
  const before = fingers.get(event.pointerId);
  if (!before) return tell(event.clientX, event.clientY);
  const now = { x: event.clientX, y: event.clientY }, dx = now.x - before.x, dy = now.y - before.y;
  if (fingers.size === 1) {
    if (event.shiftKey || event.buttons === 2) page.camera.pan(-dx / innerHeight, dy / innerHeight);
    else page.camera.orbit(dx * 0.4, dy * 0.3);
  } else {
    const [other] = [...fingers].filter(([id]) => id !== event.pointerId).map(([, finger]) => finger);
    const span = finger => Math.hypot(finger.x - other.x, finger.y - other.y) || 1;
    page.camera.zoom(span(before) / span(now));
    page.camera.pan(-dx / innerHeight / 2, dy / innerHeight / 2);
  }
  fingers.set(event.pointerId, now);
  due();
}

const KEYS = {
  ArrowLeft: event => event.shiftKey ? page.camera.pan(-0.03, 0) : page.camera.orbit(-5, 0),
  ArrowRight: event => event.shiftKey ? page.camera.pan(0.03, 0) : page.camera.orbit(5, 0),
  ArrowUp: event => event.shiftKey ? page.camera.pan(0, 0.03) : page.camera.orbit(0, 4),
  ArrowDown: event => event.shiftKey ? page.camera.pan(0, -0.03) : page.camera.orbit(0, -4),
  "+": () => page.camera.zoom(0.85), "=": () => page.camera.zoom(0.85), "-": () => page.camera.zoom(1.18),
  Home: () => page.camera.reset(),
};

function setHour(hour) {
  part("hour").value = hour;
  const minutes = Math.round(hour * 60);
  part("hour-told").textContent = `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
  setSun(sunAt(Number(part("latitude").value) || 0, Number(part("day").value), hour));
}

// A step waits for the answer to the one before it, so that a slow server shows every position.
function play() {
  if (!page.isPlaying) return;
  if (!page.asking) {
    let hour = Number(part("hour").value) + 0.25;
    const { elevation } = sunAt(Number(part("latitude").value) || 0, Number(part("day").value), hour);
    if (hour > 23.75) hour = 0;
    setHour(hour);
    if (elevation < -1) return void setTimeout(play, 10);
  }
  setTimeout(play, 120);
}

canvas.addEventListener("pointerdown", event => {
  fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  canvas.setPointerCapture(event.pointerId);
  part("hover").hidden = true;
});
for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, event => fingers.delete(event.pointerId));
canvas.addEventListener("pointermove", onMove);
canvas.addEventListener("pointerleave", () => { part("hover").hidden = true; });
canvas.addEventListener("contextmenu", event => event.preventDefault());
canvas.addEventListener("wheel", event => {
  event.preventDefault();
  page.camera.zoom(Math.exp(event.deltaY * 0.0012));
  due();
}, { passive: false });
canvas.addEventListener("keydown", event => {
  if (!KEYS[event.key] || !page.camera) return;
  event.preventDefault();
  KEYS[event.key](event);
  due();
});
for (const name of ["azimuth", "elevation"]) part(name).addEventListener("input", () => {
  setSun({ azimuth: Number(part("azimuth").value), elevation: Number(part("elevation").value) });
});
for (const name of ["hour", "latitude", "day"]) part(name).addEventListener("input", () => setHour(Number(part("hour").value)));
part("measure").addEventListener("input", lay);
part("play").addEventListener("click", () => {
  page.isPlaying = !page.isPlaying;
  part("play").setAttribute("aria-pressed", page.isPlaying);
  part("play").textContent = page.isPlaying ? "Stop" : "Play the day";
  play();
});
part("entry").addEventListener("submit", event => {
  event.preventDefault();
  sessionStorage.setItem(KEPT, part("key").value.trim());
  part("key").value = "";
  open();
});
addEventListener("resize", () => page.camera && due());
addEventListener("hashchange", open);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", lay);
open();

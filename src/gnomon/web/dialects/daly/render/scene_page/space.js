// Space: vectors, the camera, the sun's way over a day, and tables turned about their axes. East x, north y, up z.

const RAD = Math.PI / 180;
const plus = (a, b) => [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
const minus = (a, b) => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
const times = (a, s) => [a[0] * s, a[1] * s, a[2] * s];
const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
const unit = a => times(a, 1 / (Math.hypot(...a) || 1));
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
const middle = points => times(points.reduce(plus), 1 / points.length);

function towardsSun(azimuth, elevation) {
  const level = Math.cos(elevation * RAD);
  return [level * Math.sin(azimuth * RAD), level * Math.cos(azimuth * RAD), Math.sin(elevation * RAD)];
}

// The sun at a latitude and a day, by solar time: Cooper's declination is near enough for a picture.
function sunAt(latitude, day, hour) {
  const declination = 23.45 * Math.sin(2 * Math.PI * (284 + day) / 365) * RAD;
  const angle = 15 * (hour - 12) * RAD, place = latitude * RAD;
  const east = -Math.cos(declination) * Math.sin(angle);
  const north = Math.sin(declination) * Math.cos(place) - Math.cos(declination) * Math.sin(place) * Math.cos(angle);
  const up = Math.sin(declination) * Math.sin(place) + Math.cos(declination) * Math.cos(place) * Math.cos(angle);
  return { azimuth: (Math.atan2(east, north) / RAD + 360) % 360, elevation: Math.asin(clamp(up, -1, 1)) / RAD };
}

function normalOf(points) {
  const [a, b, c, d] = points;
  return unit(d ? cross(minus(c, a), minus(d, b)) : cross(minus(b, a), minus(c, a)));
}

// The axis by its end in the south half of the compass, what lies to its right, and what is above it: a rotation
// counts from above to the right.
function frameOf(axis) {
  const isNorth = Math.abs(axis[1]) > 1e-9 ? axis[1] > 0 : axis[0] < 0;
  const along = unit(isNorth ? times(axis, -1) : axis), right = unit(cross(along, [0, 0, 1]));
  return { along, right, above: cross(right, along) };
}

function turned(table, rotation) {
  if (rotation === undefined || !table.axis) return table.corners;
  const { along, right, above } = table.frame;
  const angle = rotation * RAD - table.rest;
  const cosine = Math.cos(angle), sine = Math.sin(angle);
  return table.corners.map(corner => {
    const from = minus(corner, table.pivot);
    const a = dot(from, along), r = dot(from, right), u = dot(from, above);
    const moved = plus(times(right, r * cosine + u * sine), times(above, u * cosine - r * sine));
    return plus(table.pivot, plus(times(along, a), moved));
  });
}

function readTable(sent, origin) {
  const table = { id: sent.tableHash, corners: sent.corners.map(corner => minus(corner, origin)), tracker: sent.tracker };
  if (sent.tracker && sent.axis) {
    table.axis = sent.axis;
    table.pivot = sent.axisPoint ? minus(sent.axisPoint, origin) : middle(table.corners);
    table.frame = frameOf(table.axis);
    let normal = normalOf(table.corners);
    if (normal[2] < 0) normal = times(normal, -1);
    table.rest = Math.atan2(dot(normal, table.frame.right), dot(normal, table.frame.above));
  }
  return table;
}

function trianglesOf(numbers, origin) {
  return numbers.map(n => [n.slice(0, 3), n.slice(3, 6), n.slice(6, 9)].map(corner => minus(corner, origin)));
}

function boundsOf(given) {
  const points = given.length ? given : [[-5, -5, 0], [5, 5, 0]];
  const low = [Infinity, Infinity, Infinity], high = [-Infinity, -Infinity, -Infinity];
  for (const point of points) for (let i = 0; i < 3; i++) {
    low[i] = Math.min(low[i], point[i]);
    high[i] = Math.max(high[i], point[i]);
  }
  return { low, high, centre: times(plus(low, high), 0.5), size: Math.hypot(...minus(high, low)) || 1 };
}

class Camera {
  constructor(bounds) {
    this.bounds = bounds;
    this.reset();
  }

  reset() {
    this.target = [...this.bounds.centre];
    this.distance = this.bounds.size * 1.35;
    this.yaw = 205;
    this.pitch = 30;
  }

  orbit(yaw, pitch) {
    this.yaw = (this.yaw + yaw + 360) % 360;
    this.pitch = clamp(this.pitch + pitch, -5, 89.9);
  }

  zoom(factor) {
    this.distance = clamp(this.distance * factor, this.bounds.size / 200, this.bounds.size * 10);
  }

  pan(right, up) {
    const { side, over } = this.axes();
    this.target = plus(this.target, plus(times(side, right * this.distance), times(over, up * this.distance)));
  }

  axes() {
    const back = towardsSun(this.yaw, this.pitch);
    const side = unit(cross([0, 0, 1], back));
    return { back, side, over: cross(back, side) };
  }

  // Column by column, as the graphics card takes it; the picture's middle may be moved aside.
  matrix(aspect, aside) {
    const { back, side, over } = this.axes();
    const eye = plus(this.target, times(back, this.distance));
    const focal = 1 / Math.tan(20 * RAD), near = this.distance / 200, far = this.distance + this.bounds.size * 12;
    const rows = [
      [...times(side, focal / aspect), -dot(side, eye) * focal / aspect],
      [...times(over, focal), -dot(over, eye) * focal],
      [...times(back, (far + near) / (near - far)), -dot(back, eye) * (far + near) / (near - far) + 2 * far * near / (near - far)],
      [...times(back, -1), dot(back, eye)],
    ];
    rows[0] = rows[0].map((value, i) => value + aside * rows[3][i]);
    return [0, 1, 2, 3].flatMap(column => rows.map(row => row[column]));
  }
}

function projected(matrix, point, width, height) {
  const at = row => matrix[row] * point[0] + matrix[4 + row] * point[1] + matrix[8 + row] * point[2] + matrix[12 + row];
  const w = at(3);
  return { x: (at(0) / w + 1) / 2 * width, y: (1 - at(1) / w) / 2 * height, depth: w };
}

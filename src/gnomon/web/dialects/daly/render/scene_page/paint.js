// Paint: faces and lines on the screen, by the graphics card where there is one, else by sorting.

const RAMP = [[240, 249, 33], [248, 149, 64], [204, 71, 120], [126, 3, 168], [13, 8, 135]];

function rampColour(share) {
  const place = clamp(share, 0, 1) * (RAMP.length - 1), index = Math.min(Math.floor(place), RAMP.length - 2);
  return RAMP[index].map((value, i) => value + (RAMP[index + 1][i] - value) * (place - index));
}

function themeColours() {
  const style = getComputedStyle(document.documentElement);
  const read = name => style.getPropertyValue(name).trim().match(/[0-9a-f]{2}/gi).slice(0, 3).map(hex => parseInt(hex, 16));
  return { sky: read("--sky"), ground: read("--ground"), edge: read("--edge"), solid: read("--solid"), rule: read("--rule") };
}

const VERTEX = `attribute vec3 place; attribute vec3 tint; uniform mat4 camera; varying vec3 colour;
void main() { gl_Position = camera * vec4(place, 1.0); colour = tint; }`;
const FRAGMENT = `precision mediump float; varying vec3 colour;
void main() { gl_FragColor = vec4(colour, 1.0); }`;

function compiled(gl, kind, text) {
  const shader = gl.createShader(kind);
  gl.shaderSource(shader, text);
  gl.compileShader(shader);
  if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS)) throw new Error(gl.getShaderInfoLog(shader));
  return shader;
}

class CardPainter {
  constructor(canvas, gl) {
    this.name = "webgl";
    this.canvas = canvas;
    this.gl = gl;
    const program = gl.createProgram();
    gl.attachShader(program, compiled(gl, gl.VERTEX_SHADER, VERTEX));
    gl.attachShader(program, compiled(gl, gl.FRAGMENT_SHADER, FRAGMENT));
    gl.linkProgram(program);
    gl.useProgram(program);
    this.camera = gl.getUniformLocation(program, "camera");
    this.layers = new Map();
    for (const name of ["place", "tint"]) gl.enableVertexAttribArray(gl.getAttribLocation(program, name));
    this.place = gl.getAttribLocation(program, "place");
    this.tint = gl.getAttribLocation(program, "tint");
    gl.enable(gl.DEPTH_TEST);
    gl.enable(gl.POLYGON_OFFSET_FILL);
  }

  // Faces lie a little behind their own edges; `back` pushes a layer further.
  setLayer(name, faces, lines = [], back = 1) {
    const { gl } = this;
    const triangles = [], strokes = [];
    for (const face of faces) for (let i = 2; i < face.points.length; i++) {
      for (const point of [face.points[0], face.points[i - 1], face.points[i]]) push(triangles, point, face.colour);
    }
    const edges = faces.filter(face => face.edge).map(({ points, edge }) => ({ points: [...points, points[0]], colour: edge }));
    for (const line of [...edges, ...lines]) for (let i = 1; i < line.points.length; i++) {
      push(strokes, line.points[i - 1], line.colour);
      push(strokes, line.points[i], line.colour);
    }
    const layer = this.layers.get(name) || { faces: gl.createBuffer(), lines: gl.createBuffer() };
    this.layers.set(name, { ...layer, back, triangles: triangles.length / 6, strokes: strokes.length / 6 });
    for (const [buffer, values] of [[layer.faces, triangles], [layer.lines, strokes]]) {
      gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
      gl.bufferData(gl.ARRAY_BUFFER, new Float32Array(values), gl.DYNAMIC_DRAW);
    }
  }

  draw(matrix, sky) {
    const { gl } = this;
    gl.viewport(0, 0, this.canvas.width, this.canvas.height);
    gl.clearColor(sky[0] / 255, sky[1] / 255, sky[2] / 255, 1);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    gl.uniformMatrix4fv(this.camera, false, new Float32Array(matrix));
    for (const layer of this.layers.values()) {
      gl.polygonOffset(layer.back, layer.back);
      this.drawBuffer(layer.faces, gl.TRIANGLES, layer.triangles);
      this.drawBuffer(layer.lines, gl.LINES, layer.strokes);
    }
  }

  drawBuffer(buffer, kind, count) {
    const { gl } = this;
    if (!count) return;
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.vertexAttribPointer(this.place, 3, gl.FLOAT, false, 24, 0);
    gl.vertexAttribPointer(this.tint, 3, gl.FLOAT, false, 24, 12);
    gl.drawArrays(kind, 0, count);
  }
}

function push(values, point, colour) {
  values.push(point[0], point[1], point[2], colour[0] / 255, colour[1] / 255, colour[2] / 255);
}

// Layer by layer; in each what is far before what is near, and its lines last.
class HandPainter {
  constructor(canvas) {
    this.name = "canvas";
    this.canvas = canvas;
    this.pen = canvas.getContext("2d");
    this.layers = new Map();
  }

  setLayer(name, faces, lines = []) {
    this.layers.set(name, { faces, lines });
  }

  draw(matrix, sky) {
    const { pen, canvas } = this;
    pen.fillStyle = css(sky);
    pen.fillRect(0, 0, canvas.width, canvas.height);
    for (const { faces, lines } of this.layers.values()) {
      const placed = faces.map(face => this.placed(matrix, face)).filter(Boolean);
      placed.sort((a, b) => b.depth - a.depth);
      for (const { shape, spots } of placed) this.fill(shape, spots);
      for (const line of lines) this.stroke(line.colour, this.placed(matrix, line)?.spots);
    }
  }

  placed(matrix, shape) {
    const spots = shape.points.map(point => projected(matrix, point, this.canvas.width, this.canvas.height));
    if (spots.some(spot => spot.depth <= 0)) return null;
    return { shape, spots, depth: spots.reduce((sum, spot) => sum + spot.depth, 0) / spots.length };
  }

  fill(face, spots) {
    this.pen.fillStyle = css(face.colour);
    this.follow(spots);
    this.pen.fill();
    if (face.edge) this.stroke(face.edge, [...spots, spots[0]]);
  }

  stroke(colour, spots) {
    if (!spots) return;
    this.pen.strokeStyle = css(colour);
    this.follow(spots);
    this.pen.stroke();
  }

  follow(spots) {
    this.pen.beginPath();
    spots.forEach((spot, i) => i ? this.pen.lineTo(spot.x, spot.y) : this.pen.moveTo(spot.x, spot.y));
  }
}

const css = colour => `rgb(${colour.map(Math.round).join(",")})`;

function painterFor(canvas) {
  const gl = canvas.getContext("webgl", { antialias: true });
  return gl ? new CardPainter(canvas, gl) : new HandPainter(canvas);
}

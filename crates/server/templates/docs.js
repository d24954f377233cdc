// Starts the viewer of the page. Whatever would ask somebody else for something is off.
const { viewer, script, description } = document.body.dataset;
const place = document.getElementById("viewer");

const start = {
  "swagger-ui"() {
    follow(matchMedia("(prefers-color-scheme: dark)"));
    SwaggerUIBundle({
      domNode: place,
      url: description,
      deepLinking: true,
      displayRequestDuration: true,
      filter: true,
      validatorUrl: null,
    });
  },
  async redoc() {
    keepImagesAtHome();
    const { init } = await import(script);
    // Given as an object: beside an address it would offer to hand that to services elsewhere.
    const document = await (await fetch(description)).json();
    init(document, { disableTelemetry: true, router: "hash", scrollYOffset: ".docs-head" }, place);
  },
};

/** Swagger UI has a dark dress, but waits to be told. */
function follow(dark) {
  const dress = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
  dark.addEventListener("change", dress);
  dress();
}

/** ReDoc has an image from its makers' server built in, without a switch. */
function keepImagesAtHome() {
  const image = HTMLImageElement.prototype;
  image.setAttribute = function (name, value) {
    if (name === "src" && /^https?:/.test(value)) return;
    Element.prototype.setAttribute.call(this, name, value);
  };
  Object.defineProperty(image, "src", {
    get() { return this.getAttribute("src") ?? ""; },
    set(value) { this.setAttribute("src", value); },
  });
}

start[viewer]();

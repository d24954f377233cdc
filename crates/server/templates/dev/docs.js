// Starts the viewer of the page. Options that would contact another server are disabled.
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
    // Passed as an object, because ReDoc would offer to send a URL to other services.
    const document = await (await fetch(description)).json();
    init(document, { disableTelemetry: true, router: "hash", scrollYOffset: ".docs-head" }, place);
  },
};

/** Swagger UI has a dark theme, but does not follow the system setting. */
function follow(dark) {
  const dress = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
  dark.addEventListener("change", dress);
  dress();
}

/** ReDoc loads an image from its vendor's server, and no option turns that off. */
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

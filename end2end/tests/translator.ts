// A server that speaks LibreTranslate's API, as an operator would run it beside the venue.
import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";

const KEY = "a key of the operator's";

/** What it knows of German, in English. */
const PHRASES = new Map([
  ["Guten Abend zusammen", "Good evening everybody"],
  ["Wer bringt Brot mit?", "Who brings bread?"],
  ["Wer bringt Brot und Käse mit?", "Who brings bread and cheese?"],
  ["Siehe https://example.org/brot", "See https://example.org/brot"],
  ["Schön, dass ihr da seid", "Good that you are here"],
]);

/** Translates a few phrases; everything else is English to it. */
export class TranslationServer {
  /** Texts that it was asked for, in order. */
  readonly asked: string[] = [];

  private constructor(private readonly server: Server) {}

  static async start(): Promise<TranslationServer> {
    const server = createServer();
    const it = new TranslationServer(server);
    server.on("request", (request, response) => {
      let body = "";
      request.on("data", (chunk) => (body += String(chunk)));
      request.on("end", () => {
        const question = JSON.parse(body) as Record<string, string>;
        const good = request.method === "POST" && request.url === "/translate" && question.api_key === KEY;
        response.writeHead(good ? 200 : 403, { "content-type": "application/json" });
        if (!good) return response.end(JSON.stringify({ error: "Invalid API key" }));
        it.asked.push(question.q ?? "");
        const translatedText = question.target === "en" ? PHRASES.get(question.q ?? "") : undefined;
        const language = PHRASES.has(question.q ?? "") ? "de" : "en";
        response.end(
          JSON.stringify({
            translatedText: translatedText ?? question.q,
            detectedLanguage: { confidence: 90, language },
          }),
        );
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return it;
  }

  /** By which a venue has messages translated here. */
  get flags(): string[] {
    const { port } = this.server.address() as AddressInfo;
    return ["--translation-url", `http://127.0.0.1:${port}`, "--translation-key", KEY];
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

// A service worker that keeps the files of the page, so that it works without a network. build.sh inserts the hash of
// their contents, by which a new version replaces an old one, and their names.
const CACHE = `page-${/* VERSION */}`;
const FILES = [/* FILES */].filter((name) => name !== "offline.js");

addEventListener("install", (event) => {
    const store = async () => {
        const cache = await caches.open(CACHE);
        await cache.addAll(["./", ...FILES].map((name) => new Request(name, { cache: "reload" })));
        await skipWaiting();
    };
    event.waitUntil(store());
});

addEventListener("activate", (event) => {
    const clean = async () => {
        const names = await caches.keys();
        const old = names.filter((name) => name.startsWith("page-") && name !== CACHE);
        await Promise.all(old.map((name) => caches.delete(name)));
        await clients.claim();
    };
    event.waitUntil(clean());
});

addEventListener("fetch", (event) => {
    const respond = async () => (await caches.match(event.request, { ignoreSearch: true })) ?? fetch(event.request);
    if (event.request.method === "GET") event.respondWith(respond());
});

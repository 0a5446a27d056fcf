self.oninstall = () => self.skipWaiting();
self.onactivate = () => self.clients.claim();
self.onfetch = (e) => e.respondWith(new Promise(() => 0));

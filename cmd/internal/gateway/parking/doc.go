// Package parking holds waiting HTTP requests, without a goroutine and without buffers.
//
// A waiting request of net/http costs a goroutine and two buffers of 4 KiB, with TLS more
// than 40 KB. A parked one costs its connection and some hundred bytes: [Lot.Park] takes
// the connection out of the server. Once there is something to say, the connection comes
// out of the listener again, and the server calls [Waiting.Answer] as for any request: in
// a goroutine of its own and with the server's timeouts: a slow reader holds up
// nobody else. Then the connection is kept alive as ever.
//
// In three calls: serve a [Lot.Listener], give the server [Lot.Remember] as ConnContext and
// [Lot.Handler] around its handler, and call [Lot.Park] in the handler.
//
// It speaks HTTP/1 alone, because streams of HTTP/2 share a connection. It knows no
// portal, no person and no store.
package parking

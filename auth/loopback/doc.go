// Package loopback catches the browser coming back from a sign-in: the loopback
// interface redirection of RFC 8252, section 7.3.
//
// A [Listener] is bound before the browser is opened and accepts one response, the one with
// the right state. Everything else at the port (favicons, preconnects, preflights, other
// programs, half-open sockets) is answered, counted and otherwise ignored: noise never ends a
// sign-in. Connections of other users of the computer are ended unheard, if the system can
// name their owner. The browser is sent on to a clean address at once, so the code leaves the
// address bar. There it gets a page once the program knows how the sign-in ended.
//
// For a sign-in that goes on, [Listener.Continue] shows a page that leads the same
// browser to a further request, by itself or by a link, and the listener waits for the
// response to that one.
//
// [ServeForm] is the way back: a page that is there once and takes values to another
// server that must not stand in an address.
//
// It knows nothing of providers, tokens or windows.
package loopback

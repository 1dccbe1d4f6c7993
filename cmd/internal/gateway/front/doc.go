// Package front is the gateway's HTTP: the routes of Portal API 1 and everything that
// stands between a socket and the [Desk]: limits on each input, tokens, problem documents
// (RFC 9457), caching, waiting, admission, log and metrics.
//
// It knows neither SQL nor rights nor forms: it makes a call of the desk out of a request,
// and an answer out of the result. It speaks HTTP/1.1 alone, so that waiting requests can
// be parked ([parking]).
package front

// Package proxyauth answers a proxy that wants to know who is asking (RFC 9110, section
// 11.7): with the log-on that the person has already (Negotiate, NTLM), or with a name
// and a password (Digest, Basic).
//
//	a := proxyauth.Answerer{Host: "proxy.example", Allowed: proxyauth.AllSchemes(), LogOn: logOn}
//	c := a.Begin("CONNECT", "login.example:443")
//	defer c.Close()
//	header, err := c.Answer(ctx, resp.Header.Values("Proxy-Authenticate"))
//
// The strongest scheme that can be answered is taken. A scheme that cannot, as for want
// of a ticket, gives way to the next; what was missing is in the [RefusedError] that ends
// a conversation without one.
//
// The package opens no connection. Whoever does keeps to one rule: while
// [Conversation.Midway], the next request goes into the same connection.
//
// It never delegates a log-on, and never answers a server (401): callers hand it what a
// proxy has said and nothing else.
package proxyauth

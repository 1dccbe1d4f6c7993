// Package proxyauth answers a proxy that wants to know its client (RFC 9110, section
// 11.7): with the person's own log-on (Negotiate, NTLM), or with a name and a password
// (Digest, Basic).
//
//	a := proxyauth.Answerer{Host: "proxy.example", Allowed: proxyauth.AllSchemes(), LogOn: logOn}
//	c := a.Begin("CONNECT", "login.example:443")
//	defer c.Close()
//	header, err := c.Answer(ctx, resp.Header.Values("Proxy-Authenticate"))
//
// It takes the strongest scheme with an answer. A scheme without one, as for want of a
// ticket, gives way to the next. If none is left, the conversation ends with a
// [RefusedError], and it names the missing parts.
//
// The package opens no connection. Whoever does keeps to one rule: while
// [Conversation.Midway], the next request goes into the same connection.
//
// It never delegates a log-on, and never answers a server (401): callers pass on a
// proxy's words and nothing else.
package proxyauth

// Package authtest has the parts for tests of a program that signs people in: a scripted
// OpenID provider with fault switches, and a key store in memory with switches of its own.
//
//	p := authtest.New(t)
//	client := newClient(p.URL, authtest.ClientID, p.Client()) // the program under test
//	p.Fault(authtest.TokenStatus(503).Times(1))               // the first answer is a failure
//	resp, err := p.Browse(ctx, client.AuthorizationURL())     // the person, in their browser
//
// The provider keeps to OpenID Connect Core 1.0 and Discovery 1.0, RFC 6749, RFC 7636 (PKCE: it
// insists on S256), RFC 9207 (iss in the authorization response), RFC 7009 (revocation), RFC 8628
// (device grant), RP-Initiated Logout 1.0 and Form Post Response Mode 1.0. On demand it also keeps
// to RFC 7523 (signed client assertions), RFC 9126 (pushed requests) and RFC 9449 (DPoP). Refresh
// tokens rotate, and the use of a former one revokes the whole family (RFC 9700, section 4.14.2).
// With [WithEntra] it speaks the dialect of Microsoft Entra ID.
//
// It is for tests only: it is lenient in things that no test can tell, keeps everything in
// memory, writes secrets down for [Provider.Requests], and signs anybody in.
package authtest

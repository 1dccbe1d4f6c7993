// Package peers is a module of its own, so that what the bench is compared with is
// no dependency of Portico: small programs that sign in silently, or in a browser,
// as somebody would write them with the library that each is named after.
//
// All take what to do as their only argument: "seed" keeps the refresh token that
// stands on standard input, "silent" signs in with the one that is kept and keeps
// the next one, "login" prints the address to open and waits for the browser. PEER_ISSUER,
// PEER_TOKEN and PEER_AUTH are the provider's issuer and two of its endpoints, and
// PEER_STORE is the name under which the program keeps its tokens.
package peers

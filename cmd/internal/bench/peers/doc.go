// Package peers is a module of its own, so the bench's peers are no dependencies of
// Portico. They are small programs that sign in silently, or in a browser, as anybody
// would write them with the library that each is named after.
//
// All have one argument: "seed" keeps the refresh token from standard input, "silent"
// signs in with the kept one and keeps the next one, "login" prints the address to open
// and waits for the browser. PEER_ISSUER, PEER_TOKEN and PEER_AUTH are the provider's
// issuer and two of its endpoints, and PEER_STORE is the name that the program keeps its
// tokens under.
package peers

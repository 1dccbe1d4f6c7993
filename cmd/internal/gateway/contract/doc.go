// Package contract tries the client of Portal API 1 with a whole gateway, over real sockets, and
// holds their traffic to the OpenAPI file. It has tests only.
package contract

// Package diag has what support needs when something does not work: the log, with its
// secrets kept out, the record of sign-ins, the doctor, and the bundle.
//
// It shows nothing and sends nothing. Findings are in the types of app/localapi; words
// are made at the edge.
package diag

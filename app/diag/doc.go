// Package diag is what support needs when something does not work: the log and
// what is kept out of it, the record of sign-ins, the doctor, and the bundle.
//
// It shows nothing and sends nothing. What it finds it says in the types of
// app/localapi; words are made at the edge.
package diag

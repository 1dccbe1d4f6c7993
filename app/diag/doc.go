// Package diag is support's room, for when something does not work: the log, with its
// secrets kept out, the record of sign-ins, the doctor, and the bundle.
//
// It shows nothing and sends nothing. It says its findings in the types of
// app/localapi; words are made at the edge.
package diag

// Package house holds the rules of the house that people forget: which room may
// import which, and which copies have to be in step. It has tests only.
package house

// Package house holds the rules of the house that people forget: which room may import
// which, the copies that have to be in step, and how comments read. It has tests only.
package house

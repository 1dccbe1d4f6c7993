// Package house holds the rules of the house that people forget: each room's allowed
// imports, and the copies to be kept in step. It has tests only.
package house

// Package library tests auth as another program uses it: without Portico, with a real
// browser, and against two providers that others wrote. It knows auth's public calls
// and the desk for trying them.
package library

//go:build !unix

package proxystore

// noFollow is nothing here: on Windows only administrators make symbolic links.
const noFollow = 0

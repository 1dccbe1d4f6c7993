package network

import (
	"cmp"
	"net/http"
	"runtime"
)

// UserAgent is the User-Agent of a program (RFC 9110, section 10.1.5): its name, with
// its version if it has one, and the operating system. It makes "Portico/0.1.0 (linux)"
// of "Portico/0.1.0"; the other systems are "windows" and "macos". "" means this
// library, "portico-auth".
func UserAgent(product string) string {
	return cmp.Or(product, "portico-auth") + " (" + systemWord(runtime.GOOS) + ")"
}

func systemWord(goos string) string {
	if goos == "darwin" {
		return "macos"
	}
	return goos
}

// introduced is a request with the program's name. An empty User-Agent is the caller's
// way to send none.
func (t *Transport) introduced(req *http.Request) *http.Request {
	if _, ok := req.Header["User-Agent"]; ok {
		return req
	}
	named := *req // a RoundTripper must not change its request
	named.Header = req.Header.Clone()
	if named.Header == nil {
		named.Header = http.Header{}
	}
	named.Header.Set("User-Agent", t.options.UserAgent)
	return &named
}

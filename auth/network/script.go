package network

import (
	"context"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
)

// maxScript bounds a proxy script, as Chromium does.
const maxScript = 1 << 20

// pacScript is a fetched proxy script.
type pacScript struct {
	text  []byte
	plain bool // over http, if only for a part of the way
}

// scriptFetcher fetches proxy scripts: directly, because nobody knows a proxy yet.
type scriptFetcher struct {
	dialer *net.Dialer
	// trusted is the configuration of TLS, made for the download of a script.
	trusted func(context.Context) (*tls.Config, error)
}

// fetch reads a script from its place in the settings.
func (f scriptFetcher) fetch(ctx context.Context, address string) (pacScript, error) {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil {
		return pacScript{}, errors.New("its address cannot be read")
	}
	switch strings.ToLower(u.Scheme) {
	case "file":
		return readScript(u.Path)
	case "http", "https":
		return f.download(ctx, u)
	}
	return pacScript{}, fmt.Errorf("its address begins with %s:, and not with http:, https: or file:", u.Scheme)
}

func readScript(file string) (pacScript, error) {
	r, err := os.Open(file)
	if err != nil {
		return pacScript{}, err
	}
	defer r.Close()
	if info, err := r.Stat(); err == nil && !info.Mode().IsRegular() {
		return pacScript{}, fmt.Errorf("%s is not a file", file)
	}
	text, err := wholeScript(r)
	return pacScript{text: text}, err
}

func (f scriptFetcher) download(ctx context.Context, u *url.URL) (pacScript, error) {
	plain := u.Scheme == "http"
	config, err := f.trusted(ctx) // a script may be moved to https
	if err != nil {
		return pacScript{}, err
	}
	client := &http.Client{
		Transport: &http.Transport{
			DialContext: f.dialer.DialContext, TLSClientConfig: config, DisableKeepAlives: true, MaxResponseHeaderBytes: maxHeader,
		},
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			if len(via) >= 5 {
				return errors.New("it is moved again and again")
			}
			plain = plain || req.URL.Scheme == "http"
			return nil
		},
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return pacScript{}, errors.New("its address cannot be used")
	}
	req.Header.Set("User-Agent", UserAgent(""))
	resp, err := client.Do(req)
	if err != nil {
		return pacScript{}, withoutURL(err) // may hold a name and a password
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return pacScript{}, fmt.Errorf("the server answers with status %d", resp.StatusCode)
	}
	text, err := wholeScript(resp.Body)
	return pacScript{text: text, plain: plain}, err
}

func withoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

func wholeScript(r io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxScript+1))
	switch {
	case err != nil:
		return nil, err
	case len(text) > maxScript:
		return nil, fmt.Errorf("it is larger than %d KiB", maxScript>>10)
	case len(strings.TrimSpace(string(text))) == 0:
		return nil, errors.New("it is empty")
	}
	return text, nil
}

// spelledHost is the end of names with spelled answers in them (RFC 6761, section 6.4).
const spelledHost = ".portico.invalid"

// spelling follows a script, and makes its answers come through evaluators that give
// "DIRECT" for anything they do not understand or could not do: the answer, or the
// script's own error, stands in the name of a proxy.
const spelling = `
;FindProxyForURL = (function (find) {
  return function (url, host) {
    var said, hex = "";
    try { said = "a" + find(url, host); } catch (thrown) { said = "t" + thrown; }
    if (said.length > 8000) said = said.slice(0, said.lastIndexOf(";", 8000));
    for (var i = 0; i < said.length; i++) hex += (256 + (said.charCodeAt(i) & 255)).toString(16).slice(1);
    return "PROXY " + hex + "` + spelledHost + `:1";
  };
})(typeof FindProxyForURL === "function" ? FindProxyForURL : function () { throw "it has no function FindProxyForURL"; });
`

// spelled is a script with answers for [unspell].
func (s pacScript) spelled() []byte { return append(append([]byte{}, s.text...), spelling...) }

// unspell reads the answer of a spelled script. It is not ok if the evaluator did not
// run it.
func unspell(ways []string) (said string, ok bool, err error) {
	if len(ways) != 1 {
		return "", false, nil
	}
	u, err := url.Parse(ways[0])
	if err != nil {
		return "", false, nil
	}
	name, ours := strings.CutSuffix(strings.ToLower(u.Hostname()), spelledHost)
	raw, err := hex.DecodeString(name)
	if !ours || err != nil || len(raw) == 0 {
		return "", false, nil
	}
	if said = string(raw[1:]); raw[0] == 't' {
		return "", true, fmt.Errorf("it fails: %s", forDisplay(said))
	}
	if said == "null" || said == "undefined" {
		said = pacDirect // as in browsers
	}
	return said, true, nil
}

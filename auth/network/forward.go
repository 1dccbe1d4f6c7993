package network

import (
	"errors"
	"io"
	"net/http"
)

var errOnce = errors.New("the request's body cannot be sent again")

// forward makes a request in plain, which a proxy takes itself, and answers the proxy
// where it asks who we are.
func (t *Transport) forward(req *http.Request, to target) (*http.Response, *way, error) {
	talk := t.answerer(to.ctx, to.via).Begin(req.Method, req.URL.String())
	defer talk.Close()
	header := talk.Unasked(to.ctx)
	resp, w, err := t.send(withAnswer(req, header), to)
	// One connection for all that is still to be said, kept until the answer is read.
	var kept *http.Transport
	for err == nil {
		if resp.StatusCode != http.StatusProxyAuthRequired {
			if resp.StatusCode == http.StatusUnauthorized {
				return resp, w, nil // the host's word, or the proxy's: nothing follows from it
			}
			t.taken(to, talk)
			return resp, w, nil
		}
		refuse := func(err error) (*http.Response, *way, error) {
			_ = resp.Body.Close()
			return nil, w, refusalFor(resp, err)
		}
		if header, err = talk.Answer(to.ctx, resp.Header.Values("Proxy-Authenticate")); err != nil {
			return refuse(err)
		}
		again := withAnswer(req, header)
		if again.Body != nil && again.Body != http.NoBody {
			if req.GetBody == nil {
				return refuse(errOnce)
			}
			if again.Body, err = req.GetBody(); err != nil {
				return refuse(err)
			}
		}
		if talk.Midway() {
			if _, err := io.Copy(io.Discard, io.LimitReader(resp.Body, maxPage)); err != nil || !keptOpen(resp) {
				return refuse(talk.BrokenOff(errKeptNot))
			}
		} else {
			kept = t.keeping()
		}
		_ = resp.Body.Close()
		w = &way{target: to, classic: kept.TLSClientConfig.CurvePreferences != nil}
		resp, err = kept.RoundTrip(again.WithContext(w.follow()))
	}
	return nil, w, err
}

// keeping is a transport that keeps its connection between requests. The connection ends
// with the request's context, as all do.
func (t *Transport) keeping() *http.Transport {
	kept := t.carry.Load().of(t.ClassicOnly() != "").Clone()
	kept.DisableKeepAlives, kept.MaxConnsPerHost = false, 1
	return kept
}

// withAnswer is a request with a header for the proxy, or the same for none.
func withAnswer(req *http.Request, header string) *http.Request {
	if header == "" {
		return req
	}
	out := *req
	out.Header = req.Header.Clone()
	out.Header.Set("Proxy-Authorization", header)
	return &out
}

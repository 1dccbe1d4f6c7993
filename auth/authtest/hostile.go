package authtest

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The answers below come from no provider, unless it means harm or stands under somebody else's
// control. See hostile_token.go for ID tokens of the same kind.

// changed returns a document as the faults in force at a point leave it.
func (p *Provider) changed(where point, document any) any {
	faults := p.take(where, "")
	if len(faults) == 0 {
		return document
	}
	raw, err := json.Marshal(document)
	if err != nil {
		panic(err) // the provider's own documents always have a JSON form
	}
	var fields map[string]any
	if err := json.Unmarshal(raw, &fields); err != nil {
		panic(err)
	}
	for _, f := range faults {
		f.fields(fields)
	}
	return fields
}

// KeySet changes the key set before it is sent.
func KeySet(change func(set map[string]any)) Fault { return Fault{point: pointKeys, fields: change} }

// EachKey changes every key of the set before it is sent.
func EachKey(change func(key map[string]any)) Fault {
	return KeySet(func(set map[string]any) {
		for _, key := range set["keys"].([]any) {
			change(key.(map[string]any))
		}
	})
}

// UserInfoClaims changes the claims in the answer of the userinfo endpoint.
func UserInfoClaims(change func(claims map[string]any)) Fault {
	return Fault{point: pointUserInfo, fields: change}
}

// DeviceAnswer changes the answer to a device, beside its code.
func DeviceAnswer(change func(fields map[string]any)) Fault {
	return Fault{point: pointDevice, fields: change}
}

// Body answers 200 with exactly these bytes.
func Body(e Endpoint, contentType, body string) Fault {
	return instead(e, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write([]byte(body))
	})
}

// Answer answers with a status, header fields and a body.
func Answer(e Endpoint, status int, header map[string]string, body string) Fault {
	return instead(e, func(w http.ResponseWriter, _ *http.Request) {
		for name, value := range header {
			w.Header().Set(name, value)
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	})
}

// Endless answers 200 with a JSON string without an end, as fast as it is read.
func Endless(e Endpoint) Fault {
	return Fault{point: at(e), answer: func(w http.ResponseWriter, r *http.Request, lifted <-chan struct{}) {
		begin(w, `{"access_token":"`)
		chunk := bytes.Repeat([]byte("x"), 64<<10)
		for {
			select {
			case <-lifted:
				panic(http.ErrAbortHandler) // returning would end the answer as if it were whole
			case <-r.Context().Done():
				panic(http.ErrAbortHandler)
			default:
			}
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	}}
}

// Drip answers 200 at once and then with one byte after each pause, so only a limit on the whole
// answer ends it.
func Drip(e Endpoint, pause time.Duration) Fault {
	return Fault{point: at(e), answer: func(w http.ResponseWriter, r *http.Request, lifted <-chan struct{}) {
		begin(w, `{"access_token":"`)
		tick := time.NewTicker(pause)
		defer tick.Stop()
		for {
			select {
			case <-lifted:
				panic(http.ErrAbortHandler) // returning would end the answer as if it were whole
			case <-r.Context().Done():
				panic(http.ErrAbortHandler)
			case <-tick.C:
				begin(w, "x")
			}
		}
	}}
}

// begin sends the beginning of an answer for the client to see.
func begin(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte(text))
	_ = http.NewResponseController(w).Flush()
}

// Nested answers 200 with JSON arrays within each other, depth of them.
func Nested(e Endpoint, depth int) Fault {
	return Body(e, "application/json", `{"issuer":`+strings.Repeat("[", depth)+strings.Repeat("]", depth)+"}")
}

// bombMember is 1 MiB of zeros, packed. Members of gzip may follow each other (RFC 1952, section 2.2).
var bombMember = sync.OnceValue(func() []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(make([]byte, 1<<20))
	_ = z.Close()
	return b.Bytes()
})

// Bomb answers 200 with size MiB of zeros, packed by gzip into a thousandth of it.
func Bomb(e Endpoint, size int) Fault {
	return instead(e, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Encoding", "gzip")
		for range size {
			if _, err := w.Write(bombMember()); err != nil {
				return
			}
		}
	})
}

// HeaderFlood answers 200 with size KiB of header fields.
func HeaderFlood(e Endpoint, size int) Fault {
	return instead(e, func(w http.ResponseWriter, _ *http.Request) {
		for n := range size {
			w.Header().Set("X-Flood-"+strconv.Itoa(n), strings.Repeat("x", 1000))
		}
		_, _ = w.Write([]byte("{}"))
	})
}

package front

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"mime"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

func TestAFileGoesUpAndDown(t *testing.T) {
	both(t, func(t *testing.T, p *place) {
		path := "/v1/attachments/" + uuid.NewString()
		raw := make([]byte, 3<<20)
		for i := range raw {
			raw[i] = byte(rand.Int())
		}
		a := p.request("PUT", path, string(raw), `Content-Disposition: attachment; filename*=UTF-8''gr%C3%B6%C3%9Fe.bin`)
		if a.StatusCode != 201 || !bytes.Equal(p.shelf.file, raw) || !strings.Contains(p.shelf.last, " größe.bin 3145728") {
			t.Fatalf("%s %s", a.Status, p.shelf.last)
		}
		a = p.request("GET", path, "")
		if a.StatusCode != 200 || a.body != string(raw) {
			t.Fatalf("%s, %d bytes", a.Status, len(a.body))
		}
		kind, names, err := mime.ParseMediaType(a.Header.Get("Content-Disposition"))
		if err != nil || kind != "attachment" || names["filename"] != `Größe "1".html` || a.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%v %v %v", kind, names, err)
		}
		if !strings.Contains(a.Header.Get("Content-Security-Policy"), "sandbox") || a.Header.Get("Repr-Digest") == "" {
			t.Error(a.Header)
		}
		for line, want := range map[string]string{
			"Range: bytes=10-19":     string(raw[10:20]),
			"Range: bytes=-5":        string(raw[len(raw)-5:]),
			"Range: bytes=0-0, 5-5":  string(raw),
			`If-Range: "other"`:      string(raw),
			"Range: elephants=1-2":   "",
			"Range: bytes=99999999-": "",
		} {
			a := p.request("GET", path, "", line)
			if want == "" {
				if a.StatusCode != 416 || a.Header.Get("Content-Type") != "application/problem+json" || !strings.Contains(a.body, `"status":416`) {
					t.Errorf("%s: %s %.100s", line, a.Status, a.body)
				}
			} else if a.body != want {
				t.Errorf("%s: %s, %d bytes", line, a.Status, len(a.body))
			}
		}
		if a := p.request("GET", path, "", "If-None-Match: *"); a.StatusCode != 304 {
			t.Error(a.Status)
		}
	})
}

func TestAFileNeedsALength(t *testing.T) {
	p := newPlace(t, false, nil)
	d := p.desktop()
	fmt.Fprintf(d, "PUT /v1/attachments/%s HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer person-1-x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", uuid.NewString())
	if a := d.answer(); a.StatusCode != 411 {
		t.Error(a.Status)
	}
}

// A file may take long, and must keep moving.
func TestAFileHasToKeepMoving(t *testing.T) {
	var deadlines []time.Time
	began := time.Now()
	m := &moving{Reader: strings.NewReader(strings.Repeat("x", 10*slowest)), began: began, deadline: func(at time.Time) error {
		deadlines = append(deadlines, at)
		return nil
	}}
	buffer := make([]byte, slowest)
	for {
		if _, err := m.Read(buffer); err == io.EOF {
			break
		}
	}
	if len(deadlines) != 10 {
		t.Fatal(len(deadlines))
	}
	for i, at := range deadlines {
		if want := began.Add(firstMoments + time.Duration(i+1)*time.Second); !at.Equal(want) {
			t.Errorf("after %d s' bytes it has %s", i+1, at.Sub(began))
		}
	}
	if m.broken != nil {
		t.Error(m.broken)
	}
	m = &moving{Reader: failing{}, deadline: func(time.Time) error { return nil }}
	if _, err := m.Read(buffer); !errors.Is(err, os.ErrDeadlineExceeded) || m.broken == nil {
		t.Error(err)
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, os.ErrDeadlineExceeded }

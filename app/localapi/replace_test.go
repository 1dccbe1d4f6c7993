package localapi_test

import (
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
)

// Windows that come up together after an update all want to replace the old agent. One
// new one begins, and none of them ends it or waits for its end.
func TestWindowsReplaceAnAgentTogether(t *testing.T) {
	dir := place(t)
	startNamed(t, dir, "old", localapi.Version+1)
	var began atomic.Int32
	start := func() (<-chan error, error) {
		l, err := localapi.Listen(dir)
		if err == nil {
			began.Add(1)
			run(t, l, &named{name: "new", end: func() { t.Error("the new one is told to end") }}, localapi.Info{})
		} else if !errors.Is(err, localapi.ErrRunning) {
			t.Error(err)
		}
		return gone(), nil
	}
	answers := make(chan error, 16)
	for range cap(answers) {
		go func() {
			l := localapi.Open(dir, start)
			l.StartAgain(20 * time.Millisecond)
			s, err := l.State(t.Context())
			if err == nil && s.Build != "new" {
				err = fmt.Errorf("%q answers", s.Build)
			}
			answers <- err
		}()
	}
	for range cap(answers) {
		if err := <-answers; err != nil {
			t.Error(err)
		}
	}
	if n := began.Load(); n != 1 {
		t.Errorf("%d have begun", n)
	}
}

// The next agent may have come between the old one's answer and the request to end.
func TestAgentThatHasJustComeIsNotEnded(t *testing.T) {
	dir := place(t)
	l, err := localapi.Listen(dir)
	must(t, err)
	asked, quits := 0, 0
	old := http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/quit" {
			quits++
			w.WriteHeader(http.StatusNoContent)
			return
		}
		if asked++; asked == 2 {
			_ = l.Close()
			startNamed(t, dir, "next", localapi.Version)
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"api": %d}`, localapi.Version-1)
	})}
	served := make(chan error)
	go func() { served <- old.Serve(l) }()
	client := localapi.Open(dir, func() (<-chan error, error) { t.Error("another one is started"); return gone(), nil })
	if got := build(t, client); got != "next" || quits != 1 {
		t.Errorf("%q answers, and the old one was told %d times", got, quits)
	}
	must(t, old.Close())
	<-served
}

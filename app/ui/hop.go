package ui

import (
	"context"
	"sync"
)

// hop is the one way from a goroutine to Fyne's. Before the window is there it holds the
// functions given to it. After the window has gone, or its context has ended, it drops
// them: Fyne would call them on the wrong goroutine then.
type hop struct {
	ctx    context.Context // set before first use
	mu     sync.Mutex
	do     func(func())
	early  []func()
	closed bool
}

// post has f called on Fyne's goroutine, soon. It never waits.
func (h *hop) post(f func()) {
	if h.ctx.Err() == nil {
		h.last(f)
	}
}

// last is post for work left to do after the end of the context.
func (h *hop) last(f func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.closed:
	case h.do == nil:
		h.early = append(h.early, f)
	default:
		h.do(f)
	}
}

// catchUp calls everything posted so far, on the caller's goroutine: it is Fyne's.
func (h *hop) catchUp() {
	h.mu.Lock()
	early := h.early
	h.early = nil
	h.mu.Unlock()
	for _, f := range early {
		f()
	}
}

// start catches up and passes everything posted from now on to do.
func (h *hop) start(do func(func())) {
	h.catchUp()
	h.mu.Lock()
	early := h.early // posted since
	h.early, h.do = nil, do
	for _, f := range early {
		do(f)
	}
	h.mu.Unlock()
}

// started says whether the window is there.
func (h *hop) started() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.do != nil
}

// stop drops everything from now on.
func (h *hop) stop() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	h.early = nil
}

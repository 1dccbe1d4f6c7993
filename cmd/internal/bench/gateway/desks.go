//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/portico-desktop/portico/app/portal/api"
	"github.com/portico-desktop/portico/cmd/internal/gateway/desk"
	"github.com/portico-desktop/portico/cmd/internal/gateway/front"
)

// heads are for each person the moment of the last change, in memory. There is no store, so
// that waiting alone is measured.
type heads struct {
	mu   sync.Mutex
	at   map[int64]int64 // Unix time in nanoseconds
	last int64           // of everybody
}

func newDesk() *deskOfHeads { return &deskOfHeads{heads: heads{at: make(map[int64]int64)}} }

// deskOfHeads is the desk of waiting desktops. Nothing else is asked of it.
type deskOfHeads struct {
	heads
	front.Reads
	front.Writes
	front.Files
}

func (h *heads) move(n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if now := time.Now().UnixNano(); n < 0 {
		h.last = now
	} else {
		h.at[int64(n)] = now
	}
}

func (h *heads) of(row int64) int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return max(h.at[row], h.last)
}

func (h *heads) Ahead(who *desk.Person, cursor string) bool {
	seen, err := strconv.ParseInt(cursor, 10, 64)
	return err != nil || h.of(who.Row) > seen
}

func (h *heads) Sync(ctx context.Context, who *desk.Person, _ string, _ int) (*api.Sync, error) {
	return newsAt(h.of(who.Row)), ctx.Err()
}

// newsAt is the answer to a waiting desktop: a message in a ticket.
func newsAt(at int64) *api.Sync {
	return &api.Sync{
		Cursor:  strconv.FormatInt(at, 10),
		Tickets: []api.Ticket{{ID: "t1", Number: "1001", Subject: "The printer is on fire", Version: "2"}},
		Entries: []api.Entry{{ID: "e1", TicketID: "t1", Kind: api.Message, Body: strings.Repeat("Please use the other one. ", 10)}},
		Poll:    api.Poll{Wait: 55},
	}
}

// Check implements [front.Tokens].
func (h *heads) Check(_ context.Context, token string) (*desk.Person, error) {
	var n int64
	if _, err := fmt.Sscanf(token, "desktop-%d", &n); err != nil {
		return nil, errors.New("no desktop's token")
	}
	// As large as a person of real tokens.
	return &desk.Person{
		Row: n, ID: fmt.Sprintf("p%d", n), Name: fmt.Sprintf("Person Number %d", n), Address: fmt.Sprintf("person.%d@example.com", n),
		Organization: "o" + strconv.Itoa(int(n/100)), OrganizationRow: n/100 + 1,
		Groups: []string{"staff", fmt.Sprintf("department-%d", n%20)}, Roles: []string{"participants"},
	}, nil
}

// handlers do the same by plain handlers of net/http: each request waits in its goroutine.
type handlers struct {
	heads
	mu    sync.Mutex
	bells map[int64]chan struct{}
	wait  atomic.Int64
}

func newHandlers() *handlers {
	return &handlers{heads: heads{at: make(map[int64]int64)}, bells: make(map[int64]chan struct{})}
}

func (h *handlers) waiting() int { return int(h.wait.Load()) }

func (h *handlers) ring(n int) {
	h.move(n)
	h.mu.Lock()
	defer h.mu.Unlock()
	for row, bell := range h.bells {
		if n < 0 || row == int64(n) {
			close(bell)
			delete(h.bells, row)
		}
	}
}

func (h *handlers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	who, err := h.Check(r.Context(), strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	if err != nil {
		http.Error(w, err.Error(), http.StatusUnauthorized)
		return
	}
	if cursor := r.URL.Query().Get("cursor"); !h.Ahead(who, cursor) {
		bell := make(chan struct{})
		h.mu.Lock()
		h.bells[who.Row] = bell
		h.mu.Unlock()
		timer := time.NewTimer(longest)
		defer timer.Stop()
		h.wait.Add(1)
		defer h.wait.Add(-1)
		select {
		case <-bell:
		case <-timer.C:
		case <-r.Context().Done():
			return
		}
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(newsAt(h.of(who.Row)))
}

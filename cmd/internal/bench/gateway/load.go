//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/portico-desktop/portico/app/portal/api"
)

// workers ask side by side.
const workers = 8

// load is a crowd of people at work on one gateway.
type load struct {
	base   string
	people int // 1 to this
	client *http.Client
	// tickets has a ticket of each person.
	mu      sync.Mutex
	tickets map[int]string
}

func newLoad(address string, people int) *load {
	return &load{
		base: "http://" + address, people: people, tickets: make(map[int]string),
		client: &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: workers + 1}},
	}
}

// operation is one kind of request of a person.
type operation struct {
	name string
	do   func(ctx context.Context, l *load, person int) error
}

// loadOperations begin with those that only read: what the others write would make the smaller
// model's people larger.
func loadOperations() []operation {
	return []operation{
		{"list", func(ctx context.Context, l *load, person int) error {
			var found api.TicketList
			err := l.ask(ctx, person, http.MethodGet, "/v1/tickets?scope=mine", nil, &found)
			if err == nil && len(found.Tickets) == 0 {
				err = errors.New("a list is empty")
			}
			return err
		}},
		{"bootstrap", func(ctx context.Context, l *load, person int) error {
			cursor := ""
			for seen := 0; ; {
				var page api.Sync
				if err := l.ask(ctx, person, http.MethodGet, "/v1/sync?limit=500&cursor="+cursor, nil, &page); err != nil {
					return err
				}
				seen += len(page.Tickets)
				if cursor = page.Cursor; !page.More {
					if seen == 0 {
						return errors.New("a bootstrap brought no tickets")
					}
					return nil
				}
			}
		}},
		{"create", func(ctx context.Context, l *load, person int) error {
			_, err := l.create(ctx, person)
			return err
		}},
		{"reply", func(ctx context.Context, l *load, person int) error {
			id, err := l.ticket(ctx, person)
			if err != nil {
				return err
			}
			return l.ask(ctx, person, http.MethodPost, "/v1/tickets/"+id+"/entries", api.NewEntry{Body: "It happens again."}, nil)
		}},
	}
}

func (l *load) create(ctx context.Context, person int) (string, error) {
	var made api.Created
	err := l.ask(ctx, person, http.MethodPost, "/v1/tickets", api.NewTicket{
		Subject: "The printer on floor 3 is on fire", Description: strings.Repeat("It smokes, and nobody can print. ", 10),
	}, &made)
	return made.ID, err
}

// ticket is an open request of a person, looked up the first time.
func (l *load) ticket(ctx context.Context, person int) (string, error) {
	l.mu.Lock()
	id := l.tickets[person]
	l.mu.Unlock()
	if id != "" {
		return id, nil
	}
	var found api.TicketList
	if err := l.ask(ctx, person, http.MethodGet, "/v1/tickets?scope=mine&category=open&limit=1", nil, &found); err != nil {
		return "", err
	}
	if len(found.Tickets) == 0 {
		return "", errors.New("a person has no open request")
	}
	l.mu.Lock()
	l.tickets[person] = found.Tickets[0].ID
	l.mu.Unlock()
	return found.Tickets[0].ID, nil
}

func (l *load) ask(ctx context.Context, person int, method, path string, body, into any, header ...string) error {
	var raw []byte
	if body != nil {
		var err error
		if raw, err = json.Marshal(body); err != nil {
			return err
		}
	}
	r, err := http.NewRequestWithContext(ctx, method, l.base+path, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", fmt.Sprintf("Bearer desktop-%d", person))
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Set(name, value)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set(api.HeaderIdempotencyKey, uuid.Must(uuid.NewV7()).String())
	}
	res, err := l.client.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("%s %s: %s %.300s", method, path, res.Status, answer)
	}
	if into == nil || len(answer) == 0 {
		return nil
	}
	return json.Unmarshal(answer, into)
}

// pressed is what an operation has done within a time.
type pressed struct {
	rate     float64 // a second
	p50, p99 time.Duration
}

// press has all workers do an operation for a time, each for one person after the other.
func (l *load) press(ctx context.Context, op operation, during time.Duration) (pressed, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var mu sync.Mutex
	var all []time.Duration
	var failed error
	var running sync.WaitGroup
	began := time.Now()
	for w := range workers {
		running.Go(func() {
			for n := w; time.Since(began) < during; n += workers {
				person := 1 + n*7919%l.people
				_, err := l.ticket(ctx, person) // so that no operation has to look for one
				from := time.Now()
				if err == nil {
					err = op.do(ctx, l, person)
				}
				took := time.Since(from)
				mu.Lock()
				if err != nil {
					failed = errors.Join(failed, fmt.Errorf("%s: %w", op.name, err))
					cancel()
					mu.Unlock()
					return
				}
				all = append(all, took)
				mu.Unlock()
			}
		})
	}
	running.Wait()
	if failed != nil || len(all) == 0 {
		return pressed{}, failed
	}
	slices.Sort(all)
	return pressed{float64(len(all)) / time.Since(began).Seconds(), all[len(all)/2], all[len(all)*99/100]}, nil
}

func medianOf(all []pressed) pressed {
	pick := func(of func(pressed) float64) float64 {
		values := make([]float64, len(all))
		for i, p := range all {
			values[i] = of(p)
		}
		slices.Sort(values)
		return values[len(values)/2]
	}
	return pressed{
		pick(func(p pressed) float64 { return p.rate }),
		time.Duration(pick(func(p pressed) float64 { return float64(p.p50) })),
		time.Duration(pick(func(p pressed) float64 { return float64(p.p99) })),
	}
}

//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/portico-desktop/portico/app/portal/api"
)

// model is a gateway with so many requests in it.
type model struct {
	name    string
	process *process
	*load
	filled time.Duration
}

func (b *bench) startModel(ctx context.Context, tickets int) (*model, error) {
	began := time.Now()
	p, err := start(ctx, "-role", "portal", "-tickets", fmt.Sprint(tickets))
	if err != nil {
		return nil, err
	}
	address, err := p.out.ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("starting a gateway with %d requests: %w", tickets, err), p.end())
	}
	return &model{fmt.Sprintf("%d", tickets), p, newLoad(strings.TrimSpace(address), tickets/ticketsEach), time.Since(began)}, nil
}

// requestsPart presses the same requests on a small and on a large read model, in turn.
func requestsPart(ctx context.Context, b *bench) (err error) {
	var models []*model
	for _, tickets := range []int{b.few, b.tickets} {
		m, err := b.startModel(ctx, tickets)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, m.process.end()) }()
		models = append(models, m)
	}
	b.say("## One change through the store\n")
	b.say("A reply is sent while its person's desktop waits: from the first byte of the reply to the whole answer of the desktop's /sync, with the")
	b.say("commit in between; %d changes one after the other. Aim: p99 ≤ 100 ms.\n", b.changes)
	b.say("| requests | p50, ms | p99, ms |")
	b.say("|---|---|---|")
	for _, m := range models {
		l, err := m.follow(ctx, b.changes)
		if err != nil {
			return err
		}
		b.say("| %s | %s | %s |", m.name, ms(l.P50), ms(l.P99))
	}
	b.say("")
	b.say("## Requests a second, by the size of the read model\n")
	b.say("A gateway over SQLite (synchronous=FULL, each write on disk before its answer) with %d and with %d requests in it, %d for each person,", b.few, b.tickets, ticketsEach)
	b.say("every fifth open. %d clients ask side by side over plain HTTP. The two are pressed in turn, %d rounds of %s for each kind, and the medians", workers, b.rounds, b.press)
	b.say("are given. The ratio is the larger one's p50 to the smaller one's; aim: ≤ 1.2.\n")
	b.say("| | requests | a second | p50, ms | p99, ms | ratio |")
	b.say("|---|---|---|---|---|---|")
	for _, op := range loadOperations() {
		medians := make([]pressed, len(models))
		all := make([][]pressed, len(models))
		for range b.rounds {
			for i, m := range models {
				one, err := m.press(ctx, op, b.press)
				if err != nil {
					return err
				}
				all[i] = append(all[i], one)
			}
		}
		for i := range models {
			medians[i] = medianOf(all[i])
		}
		for i, m := range models {
			ratio := ""
			if i > 0 {
				ratio = fmt.Sprintf("%.2f", float64(medians[i].p50)/float64(medians[0].p50))
			}
			b.say("| %s | %s | %.0f | %s | %s | %s |", op.name, m.name, medians[i].rate, ms(medians[i].p50), ms(medians[i].p99), ratio)
		}
	}
	b.say("")
	return nil
}

// follow follows changes to the waiting desktop of a person.
func (m *model) follow(ctx context.Context, changes int) (lateness, error) {
	const person = 1
	id, err := m.ticket(ctx, person)
	if err != nil {
		return lateness{}, err
	}
	cursor, err := m.catchUp(ctx, person, "")
	if err != nil {
		return lateness{}, err
	}
	var all []time.Duration
	for range changes {
		var news api.Sync
		var answered time.Time
		var waiting sync.WaitGroup
		var waited error
		waiting.Go(func() {
			waited = m.ask(ctx, person, http.MethodGet, "/v1/sync?cursor="+cursor, nil, &news, "Prefer: wait=55")
			answered = time.Now()
		})
		if err := m.parked(ctx); err != nil {
			return lateness{}, err
		}
		began := time.Now()
		err := m.ask(ctx, person, http.MethodPost, "/v1/tickets/"+id+"/entries", api.NewEntry{Body: "It is still so."}, nil)
		waiting.Wait()
		if err := errors.Join(err, waited); err != nil {
			return lateness{}, err
		}
		all = append(all, answered.Sub(began))
		if cursor, err = m.catchUp(ctx, person, news.Cursor); err != nil {
			return lateness{}, err
		}
	}
	return latenessOf(all), nil
}

// catchUp reads everything new, and returns the cursor with nothing new behind it.
func (m *model) catchUp(ctx context.Context, person int, cursor string) (string, error) {
	for {
		var page api.Sync
		if err := m.ask(ctx, person, http.MethodGet, "/v1/sync?cursor="+cursor, nil, &page); err != nil {
			return "", err
		}
		if page.Cursor == "" { // nothing new
			return cursor, nil
		}
		cursor = page.Cursor
	}
}

// parked returns once a desktop waits.
func (m *model) parked(ctx context.Context) error {
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	for {
		var f figures
		if err := m.process.ask("count", &f); err != nil || f.Waiting > 0 {
			return err
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/portico-desktop/portico/app/portal/api"
	"github.com/portico-desktop/portico/cmd/internal/gateway/attachments"
	"github.com/portico-desktop/portico/cmd/internal/gateway/bus"
	"github.com/portico-desktop/portico/cmd/internal/gateway/content"
	"github.com/portico-desktop/portico/cmd/internal/gateway/desk"
	"github.com/portico-desktop/portico/cmd/internal/gateway/front"
	"github.com/portico-desktop/portico/cmd/internal/gateway/store"
)

const (
	// ticketsEach is how many requests a person has; every fifth is open, with a message.
	ticketsEach = 100
	// batch is how many requests are written in one transaction.
	batch = 5000
)

// servePortal is the role of a gateway over SQLite with so many requests in it. Its tokens
// are made up; everything else is real.
func servePortal(ctx context.Context, o options) error {
	folder, err := os.MkdirTemp("", "bench-gateway")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	published := filepath.Join(folder, "portal")
	if err := errors.Join(os.Mkdir(published, 0o755), os.WriteFile(filepath.Join(published, "portico.json"),
		[]byte(`{"version":1,"name":"Bench","providers":[{"id":"x","authority":"https://login.example","client_id":"c"}]}`), 0o644)); err != nil {
		return err
	}
	quiet := slog.New(slog.DiscardHandler)
	shown, err := content.Params{Folder: published, Log: quiet}.Open()
	if err != nil {
		return err
	}
	files, err := attachments.Params{Folder: filepath.Join(folder, "files")}.Open()
	if err != nil {
		return err
	}
	rings := &bus.Local{}
	kept, err := store.Open(ctx, store.Params{File: filepath.Join(folder, "gateway.db"), Make: true, Bus: rings})
	if err != nil {
		return err
	}
	defer kept.Close()
	p := &portal{people: make([]desk.Person, o.tickets/ticketsEach)}
	if err := p.fill(ctx, kept); err != nil {
		return err
	}
	p.Desk = desk.New(desk.Params{Store: kept, Content: shown, Attachments: files, Log: quiet})
	f, err := front.New(front.Params{Desk: p, Tokens: p, Limits: front.Limits{
		Syncs: front.Rate{PerSecond: 1e9, Burst: 1e9}, Requests: front.Rate{PerSecond: 1e9, Burst: 1e9},
	}})
	if err != nil {
		return err
	}
	defer rings.Listen(f.Ring)()
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(inner.Addr())
	go f.Serve(inner, nil)
	return obey(ctx, func(int) {}, f.Waiting)
}

// portal is a desk with made-up tokens: "desktop-1" is the first person's.
type portal struct {
	*desk.Desk
	people []desk.Person
}

// Check implements [front.Tokens].
func (p *portal) Check(_ context.Context, token string) (*desk.Person, error) {
	var n int
	if _, err := fmt.Sscanf(token, "desktop-%d", &n); err != nil || n < 1 || n > len(p.people) {
		return nil, errors.New("no desktop's token")
	}
	who := p.people[n-1]
	return &who, nil
}

// fill writes people, and requests of the last three years for them.
func (p *portal) fill(ctx context.Context, kept *store.Store) error {
	now := time.Now()
	for first := 0; first < len(p.people); first += batch / ticketsEach {
		err := kept.Write(ctx, func(tx *store.Tx) error {
			for n := first; n < min(first+batch/ticketsEach, len(p.people)); n++ {
				if err := p.fillPerson(tx, n, now); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("writing the model's requests: %w", err)
		}
	}
	return nil
}

func (p *portal) fillPerson(tx *store.Tx, n int, now time.Time) error {
	key := fmt.Sprintf("organization-%d", n/100)
	organization, err := tx.OrganizationRow(key, key)
	if err != nil {
		return err
	}
	who := store.Person{
		Issuer: "https://login.example", Subject: fmt.Sprint(n), Name: fmt.Sprintf("Person Number %d", n),
		Address: fmt.Sprintf("person.%d@example.com", n), Organization: organization,
	}
	if err := tx.AddPerson(&who); err != nil {
		return err
	}
	p.people[n] = desk.Person{Row: who.Row, ID: who.ID, Name: who.Name, Address: who.Address, Organization: key, OrganizationRow: organization}
	for i := range ticketsEach {
		age := time.Duration(i) * 3 * 365 * 24 * time.Hour / ticketsEach
		t := store.Ticket{
			Number: fmt.Sprintf("old-%d", n*ticketsEach+i), Organization: organization, Requester: who.Row, Subject: fmt.Sprintf("Request %d of %s", i, who.Name),
			Description: "The printer on floor 3 makes a noise, and the paper comes out black.", Format: string(api.Text), Delivery: string(api.DeliveryDone),
			Category: string(api.Open), Label: "In progress", Created: now.Add(-age), Updated: now.Add(-age / 2),
		}
		if i%5 != 0 {
			ended := t.Updated
			t.Category, t.Label, t.Solved, t.Closed = string(api.Closed), "Closed", &ended, &ended
		}
		if err := tx.AddTicket(&t, []store.Member{{Person: who.Row, Part: store.Own}}); err != nil {
			return err
		}
		if i%5 == 0 {
			if err := tx.AddEntry(&store.Entry{Ticket: t.Row, Kind: string(api.Message), Author: who.Row, Body: "It is still so.", Format: string(api.Text), Delivery: string(api.DeliveryDone), Created: t.Updated}); err != nil {
				return err
			}
		}
	}
	return nil
}

package desk

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/google/uuid"

	"github.com/portico-desktop/portico/app/portal/api"
	"github.com/portico-desktop/portico/cmd/internal/gateway/store"
)

// made is the answer to a write, and the id of the thing made or changed.
type made struct {
	Answer
	id string
}

// once does a write and keeps its answer under its key, in one transaction. A problem
// undoes everything; one that is the answer to the same write again is kept in a
// transaction of its own.
func (d *Desk) once(ctx context.Context, who *Person, w Write, do func(tx *store.Tx) (made, error)) (Answer, error) {
	var m made
	err := d.store.Write(ctx, func(tx *store.Tx) error {
		again, err := d.again(tx, who, w)
		if again != nil || err != nil {
			m = made{Answer: orEmpty(again)}
			return err
		}
		if m, err = do(tx); errors.Is(err, store.ErrNotFound) {
			err = notFound()
		}
		if err != nil {
			return err
		}
		return keep(tx, who, w, m, nil)
	})
	p := asProblem(err)
	if err == nil || p == nil || w.Key == uuid.Nil || !lasts(p) {
		return m.Answer, err
	}
	keeping := d.store.Write(ctx, func(tx *store.Tx) error {
		again, err := d.again(tx, who, w)
		if again != nil || err != nil {
			m = made{Answer: orEmpty(again)}
			return err // kept meanwhile
		}
		m = made{}
		return keep(tx, who, w, made{}, p)
	})
	if keeping != nil {
		return Answer{}, keeping
	}
	if m.Status != 0 {
		return m.Answer, nil
	}
	return Answer{}, p
}

func orEmpty(a *Answer) Answer {
	if a == nil {
		return Answer{}
	}
	return *a
}

// again is the kept answer to the same write; nil for a new one. A kept problem is the
// error.
func (d *Desk) again(tx *store.Tx, who *Person, w Write) (*Answer, error) {
	if err := admit(tx, who); err != nil {
		return nil, err
	}
	if w.Key == uuid.Nil {
		return nil, nil
	}
	kept, err := tx.Repeated(who.Row, w.Key.String(), w.Hash[:])
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, nil
	case errors.Is(err, store.ErrReused):
		return nil, &api.Problem{Status: http.StatusUnprocessableEntity, Code: api.KeyReused, Title: "The Idempotency-Key came with another request before"}
	case err != nil:
		return nil, err
	case kept.Status >= 400:
		p := &api.Problem{}
		if err := json.Unmarshal(kept.Answer, p); err != nil {
			return nil, err
		}
		return nil, p
	}
	a := &Answer{Status: kept.Status, ETag: kept.ETag}
	if len(kept.Answer) > 0 {
		a.Body = json.RawMessage(kept.Answer)
	}
	return a, nil
}

// keep keeps an answer or a problem, and tells the person's devices of it.
func keep(tx *store.Tx, who *Person, w Write, m made, p *api.Problem) error {
	if w.Key == uuid.Nil {
		return nil
	}
	kept := store.Stored{Key: w.Key.String(), Status: m.Status, ETag: m.ETag, Answer: []byte{}, Outcome: string(api.Delivered), Made: m.id}
	var err error
	switch {
	case p != nil:
		kept.Status, kept.Outcome = p.Status, string(api.Failed)
		kept.Answer, err = json.Marshal(p)
		kept.Problem = string(kept.Answer)
	case m.Body != nil:
		kept.Answer, err = json.Marshal(m.Body)
	}
	if err != nil {
		return err
	}
	return tx.Keep(who.Row, w.Hash[:], &kept)
}

// lasts is true for a problem that the same write gets again. A missing attachment is sent
// again, and then the same write is to succeed.
func lasts(p *api.Problem) bool {
	switch p.Code {
	case api.KeyReused, api.InProgress, api.AttachmentMissing:
		return false
	}
	return p.Status == http.StatusConflict || p.Status == http.StatusUnprocessableEntity
}

package proxystore

import (
	"context"
	"errors"
	"fmt"

	"github.com/portico-desktop/portico/auth/network/proxyauth"
)

var (
	errUnanswered = errors.New("it was sent, and the connection ended before an answer")
	errUnnoted    = errors.New("that it is tried could not be noted, so it is not")
)

// Password gives the right to try a proxy's password; see network.ProxyStore. Everybody
// else waits until the attempt is done, except while the password was right a moment ago.
// No key store is asked if nothing was kept for the proxy.
func (s *Store) Password(ctx context.Context, proxy string) (*proxyauth.Attempt, error) {
	if !s.has(proxy) {
		return nil, &proxyauth.LackError{Lack: proxyauth.NoPassword}
	}
	unlock := func() {}
	if !s.fresh(proxy) {
		var err error
		if unlock, err = s.lock(ctx, proxy); err != nil {
			return nil, &proxyauth.LackError{Lack: proxyauth.Failing, Err: err}
		}
	}
	a, err := s.attempt(ctx, proxy, unlock)
	if err != nil {
		unlock()
		return nil, err
	}
	return a, nil
}

func (s *Store) has(proxy string) bool {
	s.mu.Lock()
	_, own := s.own[proxy]
	s.mu.Unlock()
	notes, _ := s.read()
	return own || notes[proxy].Stored
}

func (s *Store) fresh(proxy string) bool {
	notes, err := s.read()
	age := s.p.Now().Sub(notes[proxy].Right)
	return err == nil && notes[proxy].State == isRight && age >= 0 && age < freshFor
}

// attempt reads the password to try, and notes the attempt.
func (s *Store) attempt(ctx context.Context, proxy string, unlock func()) (*proxyauth.Attempt, error) {
	notes, err := s.read()
	if err != nil {
		return nil, &proxyauth.LackError{Lack: proxyauth.Failing, Err: err}
	}
	n := notes[proxy]
	s.mu.Lock()
	c, own := s.own[proxy]
	refused, any := s.refused[proxy]
	s.mu.Unlock()
	switch {
	case n.State == isWrong:
		return nil, &proxyauth.LackError{Lack: proxyauth.PasswordRefused}
	case n.State == isNew && n.Unanswered >= maxUnanswered:
		return nil, &proxyauth.LackError{Lack: proxyauth.PasswordRefused, Err: errUnanswered}
	}
	if !own {
		all, err := s.item(ctx)
		if err != nil {
			return nil, &proxyauth.LackError{Lack: proxyauth.NoPassword, Err: fmt.Errorf("reading it from the key store: %w", err)}
		}
		if c, own = all[proxy]; !own {
			return nil, &proxyauth.LackError{Lack: proxyauth.NoPassword}
		}
	}
	if any && refused == c {
		return nil, &proxyauth.LackError{Lack: proxyauth.PasswordRefused}
	}
	if n.State == isNew {
		if err := s.edit(ctx, proxy, func(n *note) { n.Unanswered++ }); err != nil {
			return nil, &proxyauth.LackError{Lack: proxyauth.Failing, Err: fmt.Errorf("%w: %w", errUnnoted, err)}
		}
	}
	return &proxyauth.Attempt{Name: c.Name, Password: c.Password, Done: func(o proxyauth.Outcome) {
		defer unlock()
		s.done(ctx, proxy, c, n, o)
	}}, nil
}

// done notes the end of an attempt, before anybody else may try.
func (s *Store) done(ctx context.Context, proxy string, c credentials, before note, o proxyauth.Outcome) {
	now := s.p.Now()
	switch {
	case o == proxyauth.Refused:
		s.mu.Lock()
		s.refused[proxy] = c
		s.mu.Unlock()
		_ = s.edit(ctx, proxy, func(n *note) { n.State, n.Unanswered = isWrong, 0 })
	case o == proxyauth.Taken && (before.State != isRight || now.Sub(before.Right) > freshFor/2 || now.Before(before.Right)):
		_ = s.edit(ctx, proxy, func(n *note) {
			if n.State != isWrong {
				n.State, n.Unanswered, n.Right = isRight, 0, now
			}
		})
	case o == proxyauth.Unsent && before.State == isNew:
		_ = s.edit(ctx, proxy, func(n *note) { n.Unanswered = max(n.Unanswered-1, 0) })
	}
}

package proxyauth

import (
	"context"
	"slices"
)

// choose begins the strongest possible way.
func (c *Conversation) choose(ctx context.Context, challenges []Challenge) (string, error) {
	for _, scheme := range c.offered {
		if c.tried(scheme) {
			continue
		}
		w, header, err := c.begin(ctx, scheme, challenges)
		if err != nil {
			c.missing = append(c.missing, lackOf(scheme, err))
			continue
		}
		c.way = w
		return header, nil
	}
	return "", c.refused(nil)
}

// tried is true if a scheme has come to its end before.
func (c *Conversation) tried(scheme Scheme) bool {
	return slices.ContainsFunc(c.missing, func(m *LackError) bool {
		// NTLM can be answered with a password if the log-on was refused.
		return m.Scheme == scheme && (scheme != NTLM || m.Lack != LogOnRefused)
	})
}

func (c *Conversation) begin(ctx context.Context, scheme Scheme, challenges []Challenge) (*way, string, error) {
	switch {
	case !slices.Contains(c.Allowed, scheme):
		return nil, "", &LackError{Lack: NotAllowed}
	case c.NotVouched && scheme != Negotiate:
		return nil, "", &LackError{Lack: NotVouched}
	case scheme == Negotiate:
		return c.beginLogOn(ctx, Ask{Scheme: scheme, Host: c.Host, KerberosOnly: c.NotVouched || !slices.Contains(c.Allowed, NTLM)})
	case scheme == NTLM:
		return c.beginNTLM(ctx)
	}
	return c.beginPassword(ctx, scheme, challenges)
}

// beginLogOn makes the first message of the person's log-on.
func (c *Conversation) beginLogOn(ctx context.Context, ask Ask) (*way, string, error) {
	if c.LogOn == nil {
		return nil, "", &LackError{Lack: NotHere}
	}
	exchange, err := c.LogOn.Begin(ctx, ask)
	if err != nil {
		return nil, "", err
	}
	return first(ctx, &way{scheme: ask.Scheme, exchange: exchange})
}

func first(ctx context.Context, w *way) (*way, string, error) {
	header, err := w.next(ctx, nil)
	if err != nil {
		w.exchange.Close()
		return nil, "", err
	}
	return w, header, nil
}

// beginNTLM takes the person's log-on, and a password if there is no log-on of this kind
// or it was refused.
func (c *Conversation) beginNTLM(ctx context.Context) (*way, string, error) {
	refused := slices.ContainsFunc(c.missing, func(m *LackError) bool { return m.Scheme == NTLM })
	if !refused {
		w, header, err := c.beginLogOn(ctx, Ask{Scheme: NTLM, Host: c.Host})
		if err == nil || lackOf(NTLM, err).Lack != NotHere {
			return w, header, err
		}
	}
	attempt, err := c.attempt(ctx)
	if err != nil {
		return nil, "", err
	}
	w, header, err := first(ctx, &way{scheme: NTLM, exchange: &ntlmPassword{attempt: attempt}, attempt: attempt})
	if err != nil {
		attempt.done(Unsent)
	}
	return w, header, err
}

func (c *Conversation) beginPassword(ctx context.Context, scheme Scheme, challenges []Challenge) (*way, string, error) {
	var asked Challenge
	if scheme == Digest {
		var ok bool
		if asked, ok = answerable(slices.DeleteFunc(slices.Clone(challenges), func(ch Challenge) bool { return ch.Scheme != scheme })); !ok {
			return nil, "", &LackError{Lack: Failing, Err: errNoAlgorithm}
		}
	}
	attempt, err := c.attempt(ctx)
	if err != nil {
		return nil, "", err
	}
	var header string
	if scheme == Digest {
		header, err = digest(asked, c.method, c.uri, attempt)
	} else {
		header, err = basic(attempt)
	}
	if err != nil {
		attempt.done(Unsent)
		return nil, "", err
	}
	return &way{scheme: scheme, attempt: attempt, sent: true}, header, nil
}

func (c *Conversation) attempt(ctx context.Context) (*Attempt, error) {
	if c.spent {
		return nil, &LackError{Lack: PasswordRefused}
	}
	if c.Password == nil {
		return nil, &LackError{Lack: NoPassword}
	}
	return c.Password(ctx)
}

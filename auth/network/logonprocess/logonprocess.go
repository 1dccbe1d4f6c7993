// Package logonprocess has another process log on to a proxy. A program that runs all day
// then carries neither the code nor the memory for a log-on, and a realm's server cannot
// harm it.
//
//	options.LogOn = logonprocess.Of("/usr/bin/example-log-on")       // here
//	err := logonprocess.Serve(ctx, kerberos.New(), os.Stdin, os.Stdout) // there
//
// The processes tell each other one JSON document each way. Only a message for the proxy
// goes over, worth nothing elsewhere, and never a ticket or a password.
package logonprocess

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"time"

	"github.com/portico-desktop/portico/auth/network/proxyauth"
)

const (
	// limit bounds the other process. That has limits of its own.
	limit = 10 * time.Second
	// maxDocument bounds the document read by either side. A message has 64 KB at the most.
	maxDocument = 256 << 10
)

// request and reply are the documents.
type request struct {
	Scheme proxyauth.Scheme `json:"scheme"`
	Host   string           `json:"host"`
}

type reply struct {
	Message []byte         `json:"message,omitempty"`
	Lack    proxyauth.Lack `json:"lack,omitempty"`
	Error   string         `json:"error,omitempty"`
}

// Of is a log-on by another program. That program calls [Serve]. It is started for each
// log-on, in this process's environment, and ended when the context ends.
func Of(program string, args ...string) proxyauth.LogOn { return logOn{program, args} }

type logOn struct {
	program string
	args    []string
}

func (l logOn) Begin(ctx context.Context, ask proxyauth.Ask) (proxyauth.Exchange, error) {
	lack := func(lack proxyauth.Lack, err error) error {
		return &proxyauth.LackError{Scheme: ask.Scheme, Lack: lack, Err: err}
	}
	if ask.Scheme != proxyauth.Negotiate {
		return nil, lack(proxyauth.NotHere, errors.New("there is no log-on for it on this system"))
	}
	asked, err := json.Marshal(request{Scheme: ask.Scheme, Host: ask.Host})
	if err != nil {
		return nil, lack(proxyauth.Failing, err)
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, l.program, l.args...) // #nosec G204 -- the program that brings it
	cmd.WaitDelay = time.Second
	cmd.Stdin = bytes.NewReader(asked)
	said := &bounded{left: maxDocument}
	cmd.Stdout = said
	err = cmd.Run()
	var answer reply
	switch {
	case errors.Is(err, exec.ErrNotFound), isStart(err):
		return nil, lack(proxyauth.NotHere, fmt.Errorf("what shows tickets cannot be started: %w", err))
	case err != nil:
		return nil, lack(proxyauth.Failing, fmt.Errorf("what shows tickets (%s): %w", l.program, err))
	case json.Unmarshal(said.buffer.Bytes(), &answer) != nil || answer.Lack == "" && len(answer.Message) == 0:
		return nil, lack(proxyauth.Failing, fmt.Errorf("what shows tickets (%s) answers something else", l.program))
	case answer.Lack != "":
		return nil, lack(answer.Lack, errors.New(answer.Error))
	}
	return &exchange{message: answer.Message}, nil
}

// isStart is true if a process has not come into being.
func isStart(err error) bool {
	var ended *exec.ExitError
	return err != nil && !errors.As(err, &ended) && !errors.Is(err, errTooMuch) && !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled)
}

var errTooMuch = errors.New("it says too much")

// bounded is a buffer with a limit.
type bounded struct {
	buffer bytes.Buffer // not embedded: its ReadFrom has no bound
	left   int
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.left -= len(p); b.left < 0 {
		return 0, errTooMuch
	}
	return b.buffer.Write(p)
}

// exchange is a log-on of one message.
type exchange struct{ message []byte }

func (e *exchange) Next(_ context.Context, from []byte) ([]byte, error) {
	if from != nil || e.message == nil {
		return nil, &proxyauth.LackError{Scheme: proxyauth.Negotiate, Lack: proxyauth.Failing, Err: errors.New("the proxy goes on after the ticket")}
	}
	message := e.message
	e.message = nil
	return message, nil
}

func (e *exchange) Close() {}

// Serve answers one request, by the first message of a log-on.
func Serve(ctx context.Context, logOn proxyauth.LogOn, in io.Reader, out io.Writer) error {
	var asked request
	if err := json.NewDecoder(io.LimitReader(in, maxDocument)).Decode(&asked); err != nil {
		return fmt.Errorf("reading the request: %w", err)
	}
	var answer reply
	message, err := first(ctx, logOn, proxyauth.Ask{Scheme: asked.Scheme, Host: asked.Host, KerberosOnly: true})
	var lack *proxyauth.LackError
	switch {
	case err == nil:
		answer.Message = message
	case errors.As(err, &lack):
		answer.Lack = lack.Lack
		if lack.Err != nil {
			answer.Error = lack.Err.Error()
		}
	default:
		answer.Lack, answer.Error = proxyauth.Failing, err.Error()
	}
	return json.NewEncoder(out).Encode(answer)
}

func first(ctx context.Context, logOn proxyauth.LogOn, ask proxyauth.Ask) ([]byte, error) {
	x, err := logOn.Begin(ctx, ask)
	if err != nil {
		return nil, err
	}
	defer x.Close()
	return x.Next(ctx, nil)
}

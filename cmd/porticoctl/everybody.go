package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/portico-desktop/portico/app/localapi"
)

const (
	// patient is how long one person's status may take by default: one silent request;
	// each of its steps has a limit of its own.
	patient = time.Minute
	// atOnce is how many people are asked at the same time.
	atOnce = 8
	// maxStatus bounds the reading of one person's answer, in bytes. It comes from a
	// program in the person's hands.
	maxStatus = 1 << 20
)

// loggedOn is a person with a log-on session on this computer.
type loggedOn struct {
	Name string
	UID  int
}

// everybody is the document of status --everybody.
type everybody struct {
	People []personStatus `json:"people"`
}

// personStatus is one person's status, as this person would see it.
type personStatus struct {
	User string `json:"user"`
	UID  int    `json:"uid"`
	// Exit is the exit code of "porticoctl status" as this person.
	Exit int `json:"exit"`
	// Status is absent if the command got nowhere; the problem then says why.
	Status *standing `json:"status,omitempty"`
	trouble
}

// runEverybody asks for each person with a log-on session, as this person: a running
// agent answers nobody else, root neither.
func runEverybody(ctx context.Context, o *statusOptions) error {
	if o.uid() != 0 {
		return usage(o.words.Text("console.status.everybody-root"))
	}
	people, err := o.people()
	if err != nil {
		return err
	}
	limit := o.Timeout
	if limit == 0 {
		limit = patient
	}
	doc := everybody{People: make([]personStatus, len(people))}
	var asking sync.WaitGroup
	free := make(chan struct{}, atOnce)
	for i, who := range people {
		asking.Go(func() {
			free <- struct{}{}
			defer func() { <-free }()
			doc.People[i] = o.statusOf(ctx, who, limit)
		})
	}
	asking.Wait()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return o.print(doc, func(w io.Writer) { o.describeEverybody(w, doc) })
}

// statusOf is one person's status. A failure of it is a part of the result.
func (o *statusOptions) statusOf(ctx context.Context, who loggedOn, limit time.Duration) personStatus {
	result := personStatus{User: who.Name, UID: who.UID}
	ctx, stop := within(ctx, limit)
	defer stop()
	out := &bounded{left: maxStatus}
	exit, err := runAs(ctx, who, out)
	var answer struct {
		standing
		trouble
	}
	switch {
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	case err != nil:
		err = fmt.Errorf("run porticoctl as %s: %w", who.Name, err)
	default:
		err = json.Unmarshal(out.Bytes(), &answer)
	}
	if err != nil {
		p := asProblem(context.Background(), err)
		result.Exit, result.trouble = p.Exit(), o.inWords(p)
		return result
	}
	result.Exit = exit
	if answer.Phase == "" {
		if answer.trouble.Problem == nil {
			answer.trouble.Problem = &localapi.Problem{Code: localapi.Unexpected}
		}
		result.trouble = o.inWords(answer.trouble.Problem)
		return result
	}
	answer.standing.trouble = answer.trouble
	result.Status = &answer.standing
	return result
}

func (o *statusOptions) describeEverybody(w io.Writer, doc everybody) {
	if len(doc.People) == 0 {
		fmt.Fprintln(w, o.words.Text("console.status.nobody-logged-on"))
	}
	for _, p := range doc.People {
		about := p.Problem
		line := ""
		if p.Status != nil {
			about = p.Status.Problem
			line = o.words.Text("console.phase."+string(p.Status.Phase), "Person", person(p.Status.Account))
		}
		if about != nil {
			line = strings.TrimPrefix(line+": "+o.words.Problem(about).Title, ": ")
		}
		fmt.Fprintf(w, "%s (%d): %s\n", p.User, p.UID, printable(line))
	}
}

// printable takes out characters able to move the cursor of root's terminal: the names in
// it come from other people's programs.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return -1
	}, s)
}

// bounded holds a program's output, up to a limit.
type bounded struct {
	bytes.Buffer
	left int
}

var errTooMuch = errors.New("an answer without end")

func (b *bounded) Write(p []byte) (int, error) {
	if len(p) > b.left {
		return 0, errTooMuch
	}
	b.left -= len(p)
	return b.Buffer.Write(p)
}

// people are those with a log-on session here, without root.
func (p *program) people() ([]loggedOn, error) {
	if p.loggedOn != nil {
		return p.loggedOn()
	}
	return peopleHere()
}

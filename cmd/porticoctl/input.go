package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"
)

// maxLine bounds one line of standard input, in bytes. A client secret has some tens of
// them, the address a browser ended at a few thousand.
const maxLine = 64 << 10

// buffered is standard input for all questions: text read beyond one line is the next
// one's.
func (p *program) buffered() *bufio.Reader {
	if p.typed == nil {
		p.typed = bufio.NewReader(p.in)
	}
	return p.typed
}

// readLine reads to the next line end, or to the end of in.
func readLine(in *bufio.Reader) (string, error) {
	var line strings.Builder
	for {
		part, err := in.ReadSlice('\n')
		line.Write(part)
		switch {
		case line.Len() > maxLine:
			return "", bufio.ErrTooLong
		case err == bufio.ErrBufferFull: //nolint:errorlint // ReadSlice returns it as it is
			continue
		}
		return strings.TrimRight(line.String(), "\r\n"), err
	}
}

// line reads one line. It is io.EOF when there is none.
func (p *program) line(ctx context.Context) (string, error) {
	lines, in := make(chan string, 1), p.buffered()
	go func() {
		defer close(lines)
		// One line and no more: the next one is the next question's.
		if line, err := readLine(in); line != "" || err == nil {
			lines <- line
		}
	}()
	select {
	case line, ok := <-lines:
		if !ok {
			return "", io.EOF
		}
		return line, nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// ask puts a question to the person at the terminal and returns the answer.
func (p *program) ask(ctx context.Context, question string) (string, error) {
	fmt.Fprint(p.progress, question, " ")
	answer, err := p.line(ctx)
	if err != nil {
		fmt.Fprintln(p.progress)
	}
	return answer, err
}

// askSecretly is ask for a secret nobody may read on the screen.
func (p *program) askSecretly(ctx context.Context, question string) (string, error) {
	show, err := p.hide()
	if err != nil {
		return "", fmt.Errorf("hide what is typed: %w", err)
	}
	defer func() {
		show()
		fmt.Fprintln(p.progress) // the Enter was hidden too
	}()
	fmt.Fprint(p.progress, question, " ")
	return p.line(ctx)
}

package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// peer is a program that takes commands on its standard input.
type peer struct {
	name    string
	command *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
}

func startPeer(name, program string, args ...string) (*peer, error) {
	p := &peer{name: name, command: exec.Command(program, args...)}
	p.command.Stderr = os.Stderr
	in, err := p.command.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := p.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.in, p.out = in, bufio.NewReader(out)
	return p, p.command.Start()
}

func (p *peer) tell(words ...string) ([]string, error) {
	if _, err := fmt.Fprintln(p.in, strings.Join(words, " ")); err != nil {
		return nil, err
	}
	line, err := p.out.ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("%s ended: %w", p.name, err)
	}
	reply := strings.Fields(line)
	if len(reply) == 0 || reply[0] != "ok" {
		return nil, fmt.Errorf("%s, %s: %s", p.name, strings.Join(words, " "), strings.TrimSpace(line))
	}
	return reply[1:], nil
}

func (p *peer) run(job string, n int) ([]float64, error) {
	reply, err := p.tell("run", job, strconv.Itoa(n))
	if err != nil {
		return nil, err
	}
	figures := make([]float64, len(reply))
	for i, word := range reply {
		if figures[i], err = strconv.ParseFloat(word, 64); err != nil {
			return nil, err
		}
	}
	return figures, nil
}

// answer is what a job was told, one fact a line, in a fixed order.
func (p *peer) answer(job, file string) (string, error) {
	if _, err := p.tell("show", job, file); err != nil {
		return "", err
	}
	text, err := os.ReadFile(file)
	lines := strings.Split(string(text), "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n"), err
}

func (p *peer) stop() {
	p.in.Close()
	p.command.Wait()
}

// peers are all that take turns.
type peers struct {
	settings *settings
	running  map[string]*peer
}

const (
	clientGo = "client-go"
	libkube  = "libkube"
	counting = "libkube, counting"
)

func startPeers(s *settings) (*peers, error) {
	p := &peers{settings: s, running: map[string]*peer{}}
	var errs [3]error
	p.running[clientGo], errs[0] = startPeer(clientGo, s.clientGo, "-server", s.server, "-pki", s.pki, "-work", s.work)
	p.running[libkube], errs[1] = startPeer(libkube, s.libkube, s.server, s.pki, s.work)
	p.running[counting], errs[2] = startPeer(counting, s.libkube, s.server, s.pki, s.work, "--count")
	return p, errors.Join(errs[:]...)
}

func (p *peers) stop() {
	for _, each := range p.running {
		each.stop()
	}
}

// prepare fills the folders that the warm rows read, each side its own.
func (p *peers) prepare() error {
	for _, name := range []string{clientGo, libkube} {
		if _, err := p.running[name].run("fill", 1); err != nil {
			return err
		}
	}
	for _, program := range []string{"kubectl", "kube-api-resources"} {
		if _, _, err := p.process(program); err != nil {
			return err
		}
	}
	return nil
}

// same are jobs whose answers must be equal; all but the first are libkube's.
var same = [][]string{
	{"cold-live", "cold-live"},
	{"cold-disk", "cold-disk"},
	{"warm-all", "warm-all", "import-all"},
	{"preferred", "preferred", "import-preferred"},
	{"warm-mapping", "warm-mapping", "import-mapping"},
	{"warm-one", "warm-one", "import-one"},
	{"memory-one-1", "memory-one-1", "held-one-1"},
}

func (p *peers) compareAnswers() error {
	file := filepath.Join(p.settings.work, "answer")
	for _, jobs := range same {
		want, err := p.running[clientGo].answer(jobs[0], file)
		if err != nil {
			return err
		}
		if strings.TrimSpace(want) == "" {
			return fmt.Errorf("%s has no answer", jobs[0])
		}
		for _, job := range jobs[1:] {
			got, err := p.running[libkube].answer(job, file)
			if err != nil {
				return err
			}
			if got != want {
				return fmt.Errorf("%s: libkube's answer is not client-go's: %s", job, firstDifference(got, want))
			}
		}
		fmt.Printf("equal answers: %-12s %6d facts\n", jobs[0], strings.Count(want, "\n"))
	}
	return p.compareProcesses()
}

func (p *peers) compareProcesses() error {
	want, _, err := p.process("kubectl")
	if err != nil {
		return err
	}
	got, _, err := p.process("kube-api-resources")
	if err == nil && !bytes.Equal(got, want) {
		err = fmt.Errorf("kube-api-resources prints other bytes than kubectl: %s", firstDifference(string(got), string(want)))
	}
	return err
}

// process runs a whole program and returns what it printed and the nanoseconds until it had ended.
func (p *peers) process(name string) ([]byte, float64, error) {
	s := p.settings
	program := filepath.Join(s.bin, "kube-api-resources")
	args := []string{"api-resources", "--cached", "--kubeconfig", s.kubeconfig, "--cache-dir", filepath.Join(s.work, name)}
	switch name {
	case "kubectl":
		program = s.kubectl
		// Not the folder the import reads: kubectl keeps more below it.
		args[len(args)-1] += "-process"
	case "kube-api-resources":
		args = args[1:]
	case "kube-api-resources --help":
		args = []string{"--help"}
	}
	command := exec.Command(program, args...)
	var out, message bytes.Buffer
	command.Stdout, command.Stderr = &out, &message
	began := time.Now()
	err := command.Run()
	took := float64(time.Since(began))
	if err != nil {
		err = fmt.Errorf("%s: %w: %s", name, err, message.String())
	}
	return out.Bytes(), took, err
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

func firstDifference(got, want string) string {
	ours, theirs := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(ours), len(theirs)) {
		if ours[i] != theirs[i] {
			return fmt.Sprintf("%q, not %q", ours[i], theirs[i])
		}
	}
	return fmt.Sprintf("%d lines, not %d", len(ours), len(theirs))
}

"""What happens: carriers, mail, the schedule, the command line. The only room that acts on the outside world."""

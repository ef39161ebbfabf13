from models import Captain, Voyage

user_id: int

captain: Captain
voyages: list[Voyage]


async def look_up():
    global captain, voyages
    captain = await Captain.by_number(user_id)
    voyages = await Voyage.of(captain)


t"""
<html>
<body>
    <h2>{captain.name}</h2>
    <ol>
        {[t"<li>{voyage.goal}</li>" for voyage in voyages]}
    </ol>
</body>
</html>
"""
